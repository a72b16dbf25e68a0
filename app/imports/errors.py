"""What reading a file refuses."""

from app.core.errors import Conflict, NotFound, Refusal


class RunNotFound(NotFound):
    """No such import or export, or it is forgotten."""

    code = "csv_run_not_found"
    default_message = (
        "Import ou export inconnu, ou oublié après 7 jours. / Unknown import or export, or forgotten after 7 days."
    )


class FileRefused(Refusal):
    """A file of which nothing can be read."""

    code = "csv_refused"


class FileTooLarge(Refusal):
    """A file above the limit, which says how to go on."""

    status = 413
    code = "csv_too_large"


class RunNotInThisState(Conflict):
    """What is asked of an import comes too early, or too late."""

    type = "not_allowed"
    code = "csv_run_not_in_this_state"


class LinkEnded(NotFound):
    """The address for sending a file was used, or is too old."""

    code = "csv_link_ended"
    default_message = "Ce lien d'envoi a servi ou a expiré. / This link for sending a file was used or is too old."
