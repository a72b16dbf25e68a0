"""What purchases do by the clock."""

from app.checkout.cancel_unpaid import cancel_unpaid_order
from app.checkout.queries import list_unpaid_order_ids
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.log import log_failure

MOST_AT_ONCE = 500


@job("checkout.cancel_unpaid", attempts=1)
def cancel_unpaid() -> None:
    """Cancel what nobody paid in seven days; asked for each hour, so it needs no second attempt of its own."""
    with unit_of_work() as session:
        order_ids = list_unpaid_order_ids(session, utc_now(), MOST_AT_ONCE)
    for order_id in order_ids:
        try:
            cancel_unpaid_order(order_id)
        except Exception as failure:  # the others must not wait for it
            log_failure("unpaid order not canceled", failure, orderId=order_id)
