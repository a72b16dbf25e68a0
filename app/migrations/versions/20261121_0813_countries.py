"""The countries a region may take (ISO 3166): the European Union and its neighbours."""

import sqlalchemy as sa
from alembic import op

revision = "0005_countries"
down_revision = "0004_guards"
branch_labels = None
depends_on = None

COUNTRIES = """
at aut 040 Austria
be bel 056 Belgium
bg bgr 100 Bulgaria
ch che 756 Switzerland
cy cyp 196 Cyprus
cz cze 203 Czech Republic
de deu 276 Germany
dk dnk 208 Denmark
ee est 233 Estonia
es esp 724 Spain
fi fin 246 Finland
fr fra 250 France
gb gbr 826 United Kingdom
gr grc 300 Greece
hr hrv 191 Croatia
hu hun 348 Hungary
ie irl 372 Ireland
is isl 352 Iceland
it ita 380 Italy
li lie 438 Liechtenstein
lt ltu 440 Lithuania
lu lux 442 Luxembourg
lv lva 428 Latvia
mc mco 492 Monaco
mt mlt 470 Malta
nl nld 528 Netherlands
no nor 578 Norway
pl pol 616 Poland
pt prt 620 Portugal
ro rou 642 Romania
se swe 752 Sweden
si svn 705 Slovenia
sk svk 703 Slovakia
"""

country = sa.table(
    "country",
    sa.column("iso_2", sa.Text),
    sa.column("iso_3", sa.Text),
    sa.column("num_code", sa.Text),
    sa.column("display_name", sa.Text),
)


def upgrade() -> None:
    rows = [line.split(maxsplit=3) for line in COUNTRIES.strip().splitlines()]
    names = ("iso_2", "iso_3", "num_code", "display_name")
    op.bulk_insert(country, [dict(zip(names, row, strict=True)) for row in rows])


def downgrade() -> None:
    op.execute(country.delete())
