"""What the webhook answers, counted minute by minute for a day; the worker looks, and tells the shop what is wrong.

The counts are in Redis: they may be lost, and no delivery waits for them. What became of each event is in the ledger.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from redis import Redis
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.errors import Refusal
from app.core.shared_redis import RedisAway, get_shared_redis
from app.core.words import Words
from app.shop.rules import compute_business_day
from app.stripe_events.errors import CountsAway
from app.stripe_events.queries import count_missed, count_stuck
from app.stripe_events.queue_alert import queue_alert
from app.stripe_events.rules import BAD, Alarm, Heard, decide_alarms

KEY = "comptoir:webhook:"
DAY, HOUR, LATELY = 1440, 60, 5  # minutes
KEPT = timedelta(minutes=DAY + 5)

# What is wrong and the next step; `{count}` is how often.
WORDS: dict[Alarm, tuple[Words, Words]] = {
    "webhook_signatures": (
        Words(
            "{count} messages de Stripe refusés en cinq minutes : signature fausse (400).",
            "{count} messages of Stripe refused in five minutes: bad signature (400).",
        ),
        Words(
            "mettez dans STRIPE_WEBHOOK_SECRET le secret du point d'entrée, puis comptoir release restart. Rien n'est "
            "perdu : comptoir events reconcile rattrape tout de suite ce qui a été refusé.",
            "put the endpoint's secret into STRIPE_WEBHOOK_SECRET, then comptoir release restart. Nothing is lost: "
            "comptoir events reconcile fetches what was refused at once.",
        ),
    ),
    "webhook_rate_limited": (
        Words(
            "{count} messages refusés en cinq minutes par la limite du webhook (429).",
            "{count} messages refused in five minutes by the webhook's limit (429).",
        ),
        Words(
            "comptoir events stats dit si c'est une rafale de Stripe ou un inconnu. Ce qui est refusé est repris dans "
            "les minutes qui suivent ; n'augmentez RATE_LIMIT_WEBHOOK_MAX que pour une raison.",
            "comptoir events stats says whether it is a burst of Stripe or a stranger. What is refused is fetched "
            "within minutes; raise RATE_LIMIT_WEBHOOK_MAX for a reason only.",
        ),
    ),
    "webhook_failing": (
        Words(
            "{count} messages de Stripe sur cette heure n'ont pas pu être pris (4xx, 5xx), plus d'un sur cent.",
            "{count} messages of Stripe could not be taken within the hour (4xx, 5xx), more than one in a hundred.",
        ),
        Words(
            "comptoir events stats, puis comptoir events list --state failed ; Stripe les renvoie pendant trois jours.",
            "comptoir events stats, then comptoir events list --state failed; Stripe sends them again for three days.",
        ),
    ),
    "webhook_duplicates": (
        Words(
            "{count} messages de Stripe sur cette heure étaient des répétitions, plus d'un sur vingt.",
            "{count} messages of Stripe within the hour were repetitions, more than one in twenty.",
        ),
        Words(
            "rien n'est fait deux fois. Stripe répète ce qui tarde : regardez si le serveur est lent (slow statement "
            "dans les journaux), puis comptoir events stats.",
            "nothing is done twice. Stripe repeats what is slow: see whether the server is (slow statement in the "
            "logs), then comptoir events stats.",
        ),
    ),
    "events_stuck": (
        Words(
            "{count} événements de Stripe ont été essayés plus de trois fois sans succès.",
            "{count} events of Stripe were tried more than three times in vain.",
        ),
        Words(
            "comptoir events list --state failed donne le code de chacun ; la cause réparée, comptoir events replay.",
            "comptoir events list --state failed has the code of each; the cause mended, comptoir events replay.",
        ),
    ),
    "events_missed": (
        Words(
            "{count} événements de Stripe ne sont pas arrivés et ont été repris : des paiements étaient en retard ici.",
            "{count} events of Stripe did not arrive and were fetched: payments were late here.",
        ),
        Words(
            "vérifiez le point d'entrée : comptoir events endpoint.",
            "check the endpoint: comptoir events endpoint.",
        ),
    ),
}


def record_answer(answer: str) -> None:
    """Count one answer of the webhook; Redis away: it is not counted."""
    key = f"{KEY}{_minute(utc_now())}"

    def count(redis: Redis) -> None:
        pipeline = redis.pipeline(transaction=False)
        pipeline.hincrby(key, answer, 1)
        pipeline.expire(key, KEPT)
        pipeline.execute()

    with suppress(RedisAway):
        get_shared_redis().ask(count)


@contextmanager
def recorded_refusals() -> Iterator[None]:
    """What goes wrong inside is counted, under the code of its refusal or as a server error, and raised on."""
    try:
        yield
    except Refusal as refusal:
        record_answer(refusal.code)
        raise
    except Exception:
        record_answer("server_error")
        raise


def list_minutes(now: datetime, most: int) -> list[Counter[str]]:
    """How often the webhook gave which answer in each of the last minutes, newest first; raises `CountsAway`."""
    keys = [f"{KEY}{_minute(now) - back}" for back in range(most)]

    def read(redis: Redis) -> list[dict[str, str]]:
        pipeline = redis.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(key)
        return pipeline.execute()

    try:
        found = get_shared_redis().ask(read)
    except RedisAway:
        raise CountsAway from None
    return [Counter({name: int(count) for name, count in minute.items()}) for minute in found]


def watch_webhook(session: Session, now: datetime) -> list[Alarm]:
    """Tell the shop what is wrong, each cause once a business day; what Redis lost is not missed here."""
    try:
        minutes = list_minutes(now, HOUR)
    except CountsAway:
        minutes = []
    heard = Heard(
        lately=sum(minutes[:LATELY], Counter()),
        hour=sum(minutes, Counter()),
        stuck=count_stuck(session),
        missed=count_missed(session, now - timedelta(minutes=HOUR)),
    )
    alarms = decide_alarms(heard)
    for alarm in alarms:
        what, next_step = WORDS[alarm]
        counted = {"count": _count_of(alarm, heard)}
        told = Words(what.fr.format(**counted), what.en.format(**counted))
        queue_alert(session, alarm, compute_business_day(now).isoformat(), None, told, next_step)
    return alarms


def _count_of(alarm: Alarm, heard: Heard) -> int:
    counts: dict[Alarm, int] = {
        "webhook_signatures": heard.lately["signature_invalid"],
        "webhook_rate_limited": heard.lately["too_many_requests"],
        "webhook_failing": sum(heard.hour[name] for name in BAD),
        "webhook_duplicates": heard.hour["duplicate"],
        "events_stuck": heard.stuck,
        "events_missed": heard.missed,
    }
    return counts[alarm]


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)
