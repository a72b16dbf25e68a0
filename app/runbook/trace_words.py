"""What a trace says to people: a sentence and a next step per verdict, a word per kind of entry; French, English."""

from dataclasses import dataclass
from typing import Literal

from app.core.words import Words
from app.runbook.rules import Code, Verdict


def same(text: str) -> Words:
    """Ids, codes and what a log says: the same in both."""
    return Words(text, text)


Kind = Literal["request", "event", "fact", "job", "mail", "act"]
KINDS: dict[Kind, Words] = {
    "request": Words("requête", "request"),
    "event": Words("événement", "event"),
    "fact": Words("fait", "fact"),
    "job": Words("tâche", "job"),
    "mail": Words("courriel", "mail"),
    "act": Words("acte", "act"),
}


@dataclass(frozen=True)
class Advice:
    """What is the matter, and what to do about it."""

    sentence: Words
    next_step: Words


NOTHING = Words("Rien à faire.", "Nothing to do.")
# `{about}`: the event, the template or the reason of the verdict; `{order}`: the order's number.
ADVICE: dict[Code, Advice] = {
    "unknown_id": Advice(
        Words("Identifiant inconnu ici et chez Stripe.", "This id is known neither here nor at Stripe."),
        Words(
            "Vérifiez l'identifiant (evt_, pi_, cs_, re_, commande, panier, requête) ou cherchez par l'adresse : "
            "comptoir trace --email",
            "Check the id (evt_, pi_, cs_, re_, order, cart, request) or search by the address: comptoir trace --email",
        ),
    ),
    "event_failed": Advice(
        Words(
            "Stripe a prévenu, mais l'événement {about} n'a pas pu être appliqué.",
            "Stripe told us, but event {about} could not be applied.",
        ),
        Words(
            "Réparez la cause (code ci-dessus), puis : comptoir events replay {about}",
            "Mend the cause (code above), then: comptoir events replay {about}",
        ),
    ),
    "event_unmatched": Advice(
        Words(
            "L'événement {about} parle d'un paiement que cette boutique ne connaît pas.",
            "Event {about} is about a payment that this shop does not know.",
        ),
        Words(
            "S'il vient d'une autre application du même compte Stripe, rien à faire ; sinon : "
            "comptoir events replay {about}",
            "If another application of the same Stripe account made it, nothing to do; else: "
            "comptoir events replay {about}",
        ),
    ),
    "event_ignored": Advice(
        Words(
            "L'événement {about} est arrivé et ne change rien ici (autre type, autre mode ou autre compte).",
            "Event {about} came and changes nothing here (another type, mode or account).",
        ),
        NOTHING,
    ),
    "refused_signature": Advice(
        Words(
            "Payé chez Stripe ; l'événement {about} a été refusé : signature fausse (400), donc un mauvais secret.",
            "Paid at Stripe; event {about} was refused: bad signature (400), hence a wrong secret.",
        ),
        Words(
            "comptoir events reconcile rattrape la commande ; puis mettez dans STRIPE_WEBHOOK_SECRET le secret du "
            "point d'entrée et : comptoir release restart",
            "comptoir events reconcile brings the order; then put the endpoint's secret into STRIPE_WEBHOOK_SECRET "
            "and: comptoir release restart",
        ),
    ),
    "refused_rate_limit": Advice(
        Words(
            "Payé chez Stripe ; l'événement {about} a été refusé par la limite de débit (429).",
            "Paid at Stripe; event {about} was refused by the rate limit (429).",
        ),
        Words(
            "Il revient de lui-même en quelques minutes ; tout de suite : comptoir events reconcile",
            "It comes back by itself within minutes; at once: comptoir events reconcile",
        ),
    ),
    "event_not_received": Advice(
        Words(
            "Stripe a prévenu par l'événement {about}, qui n'est jamais arrivé ici.",
            "Stripe told us by event {about}, which never arrived here.",
        ),
        Words("comptoir events reconcile", "comptoir events reconcile"),
    ),
    "paid_not_here": Advice(
        Words(
            "Payé chez Stripe, pas ici, et Stripe n'en liste aucun événement.",
            "Paid at Stripe, not here, and Stripe lists no event about it.",
        ),
        Words("comptoir events check", "comptoir events check"),
    ),
    "stripe_silent": Advice(
        Words(
            "Aucun paiement connu ici, et Stripe ne répond pas : impossible de dire s'il est payé.",
            "No payment is known here, and Stripe does not answer: nobody can say whether it is paid.",
        ),
        Words(
            "Relancez la même commande dans quelques minutes ; rien n'est perdu.",
            "Give the same command again in a few minutes; nothing is lost.",
        ),
    ),
    "disputed": Advice(
        Words("Le paiement est contesté par la banque du client.", "The customer's bank disputes the payment."),
        Words(
            "Répondez chez Stripe avant l'échéance ; ne remboursez pas et n'expédiez rien d'ici là.",
            "Answer at Stripe before the deadline; neither refund nor ship until then.",
        ),
    ),
    "dispute_lost": Advice(
        Words(
            "La contestation est perdue : la banque a repris l'argent.", "The dispute is lost: the bank took the money."
        ),
        NOTHING,
    ),
    "needs_review": Advice(
        Words("La commande #{order} attend une personne : {about}.", "Order #{order} waits for a person: {about}."),
        Words("comptoir orders show {order}", "comptoir orders show {order}"),
    ),
    "refund_to_approve": Advice(
        Words("Un remboursement est écrit et attend votre accord.", "A refund is written down and waits for approval."),
        Words(
            "comptoir refunds list --status awaiting_approval, puis comptoir refunds approve ou decline",
            "comptoir refunds list --status awaiting_approval, then comptoir refunds approve or decline",
        ),
    ),
    "refund_failed": Advice(
        Words(
            "Un remboursement a échoué : l'argent est revenu chez vous.",
            "A refund failed: the money is back with you.",
        ),
        Words(
            "Convenez d'un autre moyen avec le client ; Stripe ne le renverra pas.",
            "Agree on another way with the customer; Stripe will not send it again.",
        ),
    ),
    "refund_pending": Advice(
        Words("Un remboursement est en cours chez Stripe.", "A refund is on its way at Stripe."), NOTHING
    ),
    "partially_refunded": Advice(Words("Payée, remboursée en partie.", "Paid, refunded in part."), NOTHING),
    "refunded": Advice(Words("Payée, puis remboursée en entier.", "Paid, then refunded in full."), NOTHING),
    "mail_not_sent": Advice(
        Words(
            "Payée et enregistrée, mais le mail {about} n'est pas parti.",
            "Paid and recorded, but mail {about} did not leave.",
        ),
        Words("comptoir mail retry {about}", "comptoir mail retry {about}"),
    ),
    "mail_waiting": Advice(
        Words(
            "Payée et enregistrée ; le mail {about} attend encore et sera retenté de lui-même.",
            "Paid and recorded; mail {about} still waits and is tried again by itself.",
        ),
        Words("Ce qui le retient : comptoir mail stats", "What holds it: comptoir mail stats"),
    ),
    "in_order": Advice(Words("Tout est en ordre : payée et enregistrée.", "All in order: paid and recorded."), NOTHING),
    "payment_failed": Advice(
        Words("Le paiement a été refusé par la banque.", "The bank declined the payment."),
        Words("Le client peut réessayer.", "The customer may try again."),
    ),
    "payment_canceled": Advice(
        Words(
            "La tentative de paiement est annulée ; rien n'est payé.",
            "The attempt to pay was cancelled; nothing is paid.",
        ),
        NOTHING,
    ),
    "payment_to_come": Advice(
        Words(
            "La commande attend son paiement (virement, espèces).", "The order waits for its payment (transfer, cash)."
        ),
        Words("Quand il est arrivé : comptoir orders paid {order}", "Once it has come: comptoir orders paid {order}"),
    ),
    "not_paid": Advice(
        Words("Personne n'a payé, ni ici ni chez Stripe.", "Nobody has paid, neither here nor at Stripe."), NOTHING
    ),
    "event_applied": Advice(
        Words("L'événement {about} est arrivé et a été appliqué.", "Event {about} came and was applied."), NOTHING
    ),
    "not_ours": Advice(
        Words(
            "Stripe le connaît, mais cette boutique ne l'a pas demandé.",
            "Stripe knows it, but this shop did not ask for it.",
        ),
        Words(
            "Cherchez quelle autre application utilise ce compte Stripe.",
            "Look for the other application that uses this Stripe account.",
        ),
    ),
    "request_failed": Advice(
        Words("La requête a échoué ({about}).", "The request failed ({about})."),
        Words("Les lignes ci-dessus en donnent le code.", "The lines above give its code."),
    ),
    "request_answered": Advice(Words("La requête a reçu sa réponse.", "The request was answered."), NOTHING),
}


def describe_verdict(verdict: Verdict, order: str) -> Advice:
    """The sentence and the next step of a verdict, with its names in it."""
    advice = ADVICE[verdict.code]
    return Advice(_fill(advice.sentence, verdict, order), _fill(advice.next_step, verdict, order))


def _fill(words: Words, verdict: Verdict, order: str) -> Words:
    names = {"about": verdict.about, "order": order}
    return Words(words.fr.format(**names), words.en.format(**names))
