"""What the import refuses as a whole, and one object of it."""

from app.core.errors import NotFound, Refusal


class LeftOut(Refusal):
    """One object cannot be taken as it is: it is reported with this code, and nothing of it is written."""

    code = "left_out"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class SourceWithoutStore(Refusal):
    """What is read is not a Medusa shop, or none that was set up."""

    code = "no_medusa_store"
    default_message = (
        "cette adresse ne montre aucune boutique Medusa (table store). / "
        "there is no Medusa store at this address (table store)."
    )


class ShopNotSetUp(Refusal):
    """Orders and prices need a region and a sales channel here."""

    code = "shop_not_set_up"
    default_message = (
        "préparez d'abord la boutique : comptoir setup --file boutique.toml. / "
        "set the shop up first: comptoir setup --file shop.toml."
    )


class ImportUnderWay(Refusal):
    """Two at once would each call left out what the other brings."""

    code = "import_under_way"
    default_message = (
        "un autre import est en cours : attendez sa fin, puis relancez la commande. / "
        "another import is under way: wait for its end, then give the command again."
    )


class ImportRunNotFound(NotFound):
    """No run of the import has this id."""

    code = "import_not_found"
    default_message = (
        "import inconnu : comptoir import list les montre. / unknown import: comptoir import list shows them."
    )
