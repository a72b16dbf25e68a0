"""Ties a test to the rows of the runbook inventory that it shows; `comptoir runbook coverage` counts them."""

import pytest


def row(*ids: str) -> pytest.MarkDecorator:
    """Mark a test as the proof of these inventory rows (ids such as `S0-010`)."""
    return pytest.mark.row(*ids)
