"""The routers of the Store API, in the order they are tried."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
