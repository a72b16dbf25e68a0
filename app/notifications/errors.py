"""What the outbox and Brevo's webhook refuse."""

from app.core.errors import NotFound, Refusal


class MailEventMalformed(Refusal):
    """Not one event of Brevo, nor a list of them."""

    code = "event_malformed"
    default_message = "Not an event of Brevo"


class MailNotFound(NotFound):
    """No message of this id."""

    code = "mail_not_found"
    default_message = "message inconnu : voir comptoir mail list. / unknown message: see comptoir mail list."


class MailNotWaiting(Refusal):
    """It left already, or waits for its next attempt."""

    status = 409
    code = "mail_not_waiting"
    default_message = (
        "ce message est déjà parti ou attend son tour : rien à relancer. / "
        "this message left already or waits for its turn: nothing to retry."
    )


class MailLinkForgotten(Refusal):
    """Its link is over or forgotten: sent now, it would lead nowhere."""

    status = 409
    code = "mail_link_forgotten"
    default_message = (
        "le lien de ce message est périmé : la personne doit refaire sa demande. / "
        "the link of this message is over: the person has to ask again."
    )


class AddressNotSuppressed(NotFound):
    """Mail reaches this address already."""

    code = "address_not_suppressed"
    default_message = "cette adresse n'est pas bloquée. / this address is not suppressed."
