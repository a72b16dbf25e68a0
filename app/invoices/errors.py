"""What is refused of invoices."""

from app.core.errors import NotFound, Refusal


class InvoiceNotFound(NotFound):
    """No invoice has this number or id."""

    code = "invoice_not_found"
    default_message = "Facture introuvable. / No such invoice."


class InvoiceNotReady(Refusal):
    """Its number is given, its PDF is being made."""

    status = 503
    type = "not_allowed"
    code = "invoice_not_ready"
    default_message = "La facture se prépare : réessayez dans une minute. / It is being made: try again in a minute."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "60"})


class InvoiceLinkOver(Refusal):
    """A link that was changed, or whose time is over."""

    status = 404
    type = "not_found"
    code = "invoice_link_over"
    default_message = (
        "Ce lien n'ouvre plus rien : demandez la facture à la boutique. / This link is over: ask the shop."
    )


class DestinationRatesMissing(Refusal):
    """A Member State that the shop sells to has no rate of its own yet."""

    code = "destination_rates_missing"

    def __init__(self, country_codes: list[str]) -> None:
        codes = ", ".join(country_codes)
        super().__init__(f"Il manque le taux normal de : {codes}. / The standard rate is missing of: {codes}.")
