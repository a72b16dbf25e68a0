"""The words of an invoice, in its customer's language; what the law wants said stays as the law says it."""

from app.core.db import Json
from app.invoices.rules import FRANCHISE

TITLES = {
    "fr": {"invoice": "Facture", "credit_note": "Avoir", "reversal": "Facture annulant un avoir"},
    "en": {"invoice": "Invoice", "credit_note": "Credit note", "reversal": "Invoice undoing a credit note"},
}
NATURES = {
    "fr": {
        "goods": "Nature de l'opération : livraison de biens",
        "services": "Nature de l'opération : prestation de services",
        "both": "Nature de l'opération : livraison de biens et prestation de services",
    },
    "en": {
        "goods": "Nature of the operation: supply of goods",
        "services": "Nature of the operation: supply of services",
        "both": "Nature of the operation: supply of goods and services",
    },
}
_MENTIONS = {
    "fr": {
        "debits": "Option pour le paiement de la taxe d'après les débits",
        "late": "Facture payée à la commande. Un retard de paiement porterait intérêt au taux légal.",
        "late_business": (
            "Facture payée à la commande. Pas d'escompte pour paiement anticipé. En cas de retard de paiement :"
            " pénalités au taux de la Banque centrale européenne majoré de dix points, exigibles sans rappel, et"
            " indemnité forfaitaire de recouvrement de 40 €."
        ),
        "refunded": "Montant remboursé par le moyen de paiement de la commande.",
    },
    "en": {
        "debits": "Option pour le paiement de la taxe d'après les débits (VAT on debits)",
        "late": "Paid with the order. Late payment would bear interest at the French legal rate.",
        "late_business": (
            "Paid with the order. No discount for early payment. Late payment bears interest at the European Central"
            " Bank's rate plus ten points, due without notice, and a fixed recovery fee of €40."
        ),
        "refunded": "Refunded by the order's means of payment.",
    },
}  # fmt: skip


def list_mentions(document: Json) -> list[str]:
    """What the law wants said beside the amounts. Source: french-rules §2.4."""
    words = _MENTIONS[str(document["locale"])]
    seller, buyer, rates = document["seller"], document["buyer"], document["rates"]
    if not (isinstance(seller, dict) and isinstance(buyer, dict) and isinstance(rates, list)):
        raise TypeError
    reasons = sorted({rate["reason"] for rate in rates if rate["reason"]})
    is_debits = seller["pays_vat_on_debits"] and FRANCHISE.reason not in reasons
    if document["kind"] == "credit_note":
        payment = words["refunded"]
    else:
        payment = words["late_business" if buyer["is_business"] else "late"]
    return [*reasons, *([words["debits"]] if is_debits else []), payment]


LABELS = {
    "fr": {
        "issued_on": "Émise le",
        "order": "Commande n°",
        "paid_on": "Vente et paiement :",
        "refunded_on": "Remboursement :",
        "purchase_order": "Votre référence :",
        "corrects": "Rectifie :",
        "seller": "Vendeur",
        "buyer": "Client",
        "delivery": "Livraison",
        "capital": "capital",
        "vat_number": "TVA",
        "designation": "Désignation",
        "quantity": "Qté",
        "unit_net": "Prix unit. HT",
        "rate": "TVA",
        "net": "Total HT",
        "total": "Total TTC",
        "reduction": "dont remise HT",
        "total_net": "Total HT",
        "vat": "TVA",
        "total_all": "Total TTC",
        "paid": "Payé",
        "refunded": "Remboursé",
    },
    "en": {
        "issued_on": "Issued on",
        "order": "Order no.",
        "paid_on": "Sale and payment:",
        "refunded_on": "Refund:",
        "purchase_order": "Your reference:",
        "corrects": "Corrects:",
        "seller": "Seller",
        "buyer": "Customer",
        "delivery": "Delivery",
        "capital": "capital",
        "vat_number": "VAT",
        "designation": "Description",
        "quantity": "Qty",
        "unit_net": "Unit price excl. VAT",
        "rate": "VAT",
        "net": "Excl. VAT",
        "total": "Incl. VAT",
        "reduction": "reduction excl. VAT",
        "total_net": "Total excl. VAT",
        "vat": "VAT",
        "total_all": "Total incl. VAT",
        "paid": "Paid",
        "refunded": "Refunded",
    },
}
