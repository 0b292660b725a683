"""All tables."""

from visualizer_core.db.models.accounts import (
    AdminUser,
    AuditEntry,
    AuthToken,
    Client,
    LoginSession,
    Membership,
    User,
)
from visualizer_core.db.models.base import Base
from visualizer_core.db.models.catalogue import (
    AnalysisCacheEntry,
    Collection,
    CollectionProduct,
    Image,
    Inspiration,
    Product,
    ProductImage,
    SavedMapping,
)
from visualizer_core.db.models.generation import (
    BudgetMonth,
    CollectionCount,
    Export,
    FairShare,
    GeneratedAsset,
    IdempotencyKey,
    ProviderCall,
    ProviderLimit,
    UsageDay,
    Worker,
)

__all__ = [
    "AdminUser",
    "AnalysisCacheEntry",
    "AuditEntry",
    "AuthToken",
    "Base",
    "BudgetMonth",
    "Client",
    "Collection",
    "CollectionCount",
    "CollectionProduct",
    "Export",
    "FairShare",
    "GeneratedAsset",
    "IdempotencyKey",
    "Image",
    "Inspiration",
    "LoginSession",
    "Membership",
    "Product",
    "ProductImage",
    "ProviderCall",
    "ProviderLimit",
    "SavedMapping",
    "UsageDay",
    "User",
    "Worker",
]
