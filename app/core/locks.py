"""Nobody waits for others for longer than a buyer waits, and no two wait for each other.

One order of locks, whoever buys, pays, gives up or brings news: the event of the ledger, the cart, its order, what it
owes and the attempts to pay it, a payment, its refunds and disputes, promotions, the levels of the stock, the order
number, the series of invoices; the head of the payment journal by itself, as the transaction commits. What leaves or
comes back of an order locks its row, its lines, then the parcel or the return. Whoever needs more than one of a
cart's rows locks the cart first, so that what hangs on it may follow in any order; what carts share (promotions,
levels, the number) is locked late, once per transaction, in the order of the ids.
`tests/concurrency/test_lock_order.py` shows two transactions that would otherwise wait for each other.
"""

# Of every connection of ours (app/core/db.py): whoever waits longer gets 409 and may try again (design §4.6).
LOCK_TIMEOUT_MILLISECONDS = 3000
# Of the transactions of an event: Stripe brings again what took longer (payments §2.4).
STATEMENT_TIMEOUT_MILLISECONDS = 5000
