"""Refusals of the machine room."""

from collections.abc import Sequence

from app.core.errors import Refusal


class HostNotSealed(Refusal):
    """A command for the shop's server, given elsewhere."""

    status = 403
    type = "not_allowed"
    code = "host_not_sealed"

    def __init__(self, names: Sequence[str]) -> None:
        known = ", ".join(names)
        super().__init__(
            f"cette machine n'est pas le serveur de la boutique ({known}) : relancez la commande là-bas (ssh) ; "
            "si la boutique a déménagé ici : comptoir host seal --reason. / "
            f"this machine is not the shop's server ({known}): give the command there (ssh); "
            "if the shop has moved here: comptoir host seal --reason."
        )
