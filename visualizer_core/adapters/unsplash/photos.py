"""What the API says about photos, and how they must be credited."""

import html
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, Field

from visualizer_core.ports import PhotoHit

__all__ = ["Credit", "Photo", "Results", "credit_for"]

SITE = "https://unsplash.com"
IMAGE_WIDTH_PX = 2_048  # what the picture models are sent at most


class _Urls(BaseModel):
    raw: str
    small: str


class _Links(BaseModel):
    html: str
    download_location: str = ""


class _UserLinks(BaseModel):
    html: str


class _User(BaseModel):
    name: str
    links: _UserLinks


class Photo(BaseModel):
    """One photo, as far as it matters here."""

    id: str = Field(min_length=1)
    width: int
    height: int
    color: str | None = None
    description: str | None = None
    alt_description: str | None = None
    premium: bool = False
    plus: bool = False
    urls: _Urls
    links: _Links
    user: _User

    def hit(self) -> PhotoHit | None:
        """As the port has it; None for what may not be used here."""
        if self.premium or self.plus:
            return None
        return PhotoHit(
            id=self.id,
            description=self.description or self.alt_description or "",
            width=self.width,
            height=self.height,
            colour=self.color,
            thumb_url=self.urls.small,
            image_url=_sized(self.urls.raw),
            download_location=self.links.download_location,
            photographer=self.user.name,
            photographer_url=self.user.links.html,
            page_url=self.links.html,
        )


class Results(BaseModel):
    """One page of a search; its photos are read one by one."""

    total: int = 0
    total_pages: int = 0
    results: list[object] = Field(default_factory=list[object])


@dataclass(frozen=True, slots=True)
class Credit:
    """How a photo must be credited wherever it is shown."""

    text: str
    html: str  # escaped; links carry the referral the guidelines ask for


def credit_for(hit: PhotoHit, app_name: str) -> Credit:
    """Credit the photographer and Unsplash, both linked.

    Parameters
    ----------
    hit : PhotoHit
        The photo.
    app_name : str
        This installation's name at Unsplash, for the referral.
    """
    text = f"Photo by {hit.photographer} on Unsplash"
    person = html.escape(hit.photographer)
    if hit.photographer_url.startswith(f"{SITE}/"):
        person = _link(hit.photographer_url, person, app_name)
    return Credit(text, f"Photo by {person} on {_link(f'{SITE}/', 'Unsplash', app_name)}")


def _sized(url: str) -> str:
    """The same picture, scaled by the image host; its other parameters (`ixid`) stay."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and not pair.startswith("w=")]
    query = "&".join([*kept, f"w={IMAGE_WIDTH_PX}", "q=85", "fm=jpg", "fit=max"])
    return urlunsplit(parts._replace(query=query))


def _link(url: str, shown: str, app_name: str) -> str:
    referral = urlencode({"utm_source": app_name, "utm_medium": "referral"})
    return f'<a href="{html.escape(f"{url}?{referral}")}">{shown}</a>'
