"""The routers of the Admin API, in the order they are tried."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
