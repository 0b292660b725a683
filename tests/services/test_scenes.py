"""Describing scenes: paid once a client, corrected by people, with the title behind."""

import pytest

from tests.support.shop import Seen, Shop, drawing
from tests.support.world import Servers, Standin, flush_redis
from visualizer_core.domain.analysis import SceneAnalysis
from visualizer_core.domain.ids import CollectionId, InspirationId, new_id
from visualizer_core.errors import Misconfigured, NotFound
from visualizer_core.services import curation, inspiration
from visualizer_core.workspace import Workspace

OWN = SceneAnalysis(scene_type="Cafe", indoor=True, styles=["Eclectic"], colours=["#112233"])


@pytest.fixture
def collection(ws: Workspace) -> CollectionId:
    made = curation.create_collection(ws, "Spring")
    for number, name in enumerate(("kitchen.jpg", "bedroom.jpg")):
        inspiration.add_upload(ws, made, drawing(number), name)
    return made


def states(shop: Shop) -> list[str]:
    query = "SELECT analysis_state FROM app.inspirations ORDER BY position"
    return [row[0] for row in shop.rows(query)]


def scene(shop: Shop, title: str) -> InspirationId:
    return shop.one("SELECT id FROM app.inspirations WHERE title = %s", title)


def test_every_scene_is_described_once_and_booked(
    ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
) -> None:
    seen = Seen()
    run = inspiration.analyse_scenes(ws, collection, on_progress=seen)
    assert (run.analysed, run.known, run.fallback) == (2, 0, ())
    assert seen == [(1, 2), (2, 2)]
    assert states(shop) == ["done", "done"]
    assert shop.one("SELECT status FROM app.collections") == "analyzing"
    ledger = shop.rows("SELECT purpose, state, subject_id FROM app.provider_calls")
    assert {row[:2] for row in ledger} == {("scene_analysis", "paid")}
    assert {row[2] for row in ledger} == {scene(shop, "kitchen.jpg"), scene(shop, "bedroom.jpg")}
    assert run.cost_micros == shop.one("SELECT sum(cost_micros) FROM app.provider_calls")
    again = inspiration.analyse_scenes(ws, collection)
    assert (again.analysed, again.known) == (0, 2)
    assert len(standin.log()) == 2
    stored = shop.one("SELECT analysis FROM app.inspirations WHERE title = 'kitchen.jpg'")
    assert SceneAnalysis.model_validate(stored).scene_type == "Kitchen"


def test_the_same_picture_in_another_collection_costs_nothing(
    ws: Workspace, collection: CollectionId, standin: Standin
) -> None:
    inspiration.analyse_scenes(ws, collection)
    autumn = curation.create_collection(ws, "Autumn")
    inspiration.add_upload(ws, autumn, drawing(0), "kitchen.jpg")
    run = inspiration.analyse_scenes(ws, autumn)
    assert (run.analysed, run.cost_micros) == (1, 0)
    assert len(standin.log()) == 2


def test_another_client_pays_for_itself(
    ws: Workspace, other: Workspace, collection: CollectionId, standin: Standin
) -> None:
    inspiration.analyse_scenes(ws, collection)
    theirs = curation.create_collection(other, "Spring")
    inspiration.add_upload(other, theirs, drawing(0), "kitchen.jpg")
    assert inspiration.analyse_scenes(other, theirs).cost_micros > 0
    assert len(standin.log()) == 3


def test_what_a_person_wrote_is_never_overwritten(
    ws: Workspace, other: Workspace, shop: Shop, collection: CollectionId, standin: Standin
) -> None:
    kitchen = scene(shop, "kitchen.jpg")
    inspiration.edit_analysis(ws, kitchen, OWN)
    for stranger in (InspirationId(new_id()), kitchen):
        with pytest.raises(NotFound):
            inspiration.edit_analysis(other, stranger, OWN)
    assert inspiration.analyse_scenes(ws, collection, again=True).known == 1
    assert states(shop) == ["edited", "done"]
    stored = shop.one("SELECT analysis FROM app.inspirations WHERE id = %s", kitchen)
    assert SceneAnalysis.model_validate(stored) == OWN
    assert len(standin.log()) == 1


def test_a_refused_scene_is_described_from_its_title(
    ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
) -> None:
    standin.fault("analysis_blocked", prompt="bedroom")
    run = inspiration.analyse_scenes(ws, collection)
    [reason] = run.fallback
    assert reason.startswith("bedroom.jpg: The model refused to describe it")
    [(kind, error)] = shop.rows(
        "SELECT analysis ->> 'scene_type', analysis_error FROM app.inspirations "
        "WHERE analysis_state = 'fallback'"
    )
    assert kind == "Bedroom"
    assert reason.endswith(error)
    assert inspiration.analyse_scenes(ws, collection).known == 2
    assert inspiration.analyse_scenes(ws, collection, again=True).fallback == ()
    assert states(shop) == ["done", "done"]


def test_a_scene_the_model_could_not_look_at_is_asked_for_again(
    ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin, servers: Servers
) -> None:
    standin.fault("err_429_rpd", count=None)
    assert len(inspiration.analyse_scenes(ws, collection).fallback) == 2
    assert states(shop) == ["fallback", "fallback"]
    flush_redis(servers.env)  # the next day
    standin.reset()
    assert inspiration.analyse_scenes(ws, collection).fallback == ()
    assert states(shop) == ["done", "done"]


def test_a_wrong_key_stops_and_says_what_to_do(
    ws: Workspace, shop: Shop, collection: CollectionId, standin: Standin
) -> None:
    standin.fault("err_400_bad_key", count=None)
    with pytest.raises(Misconfigured, match="GEMINI_API_KEY"):
        inspiration.analyse_scenes(ws, collection)
    assert states(shop) == ["none", "none"]
