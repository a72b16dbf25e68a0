-- The tables of a Medusa v2.13 shop that the import reads, by their names and columns there; what it never looks at is
-- left out. Written for the tests: amounts are numeric with a `raw_` twin, rows are deleted by a date.
CREATE TABLE store (id text PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE price_preference (id text PRIMARY KEY, attribute text NOT NULL, value text,
    is_tax_inclusive boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE region (id text PRIMARY KEY, name text NOT NULL, currency_code text NOT NULL,
    automatic_taxes boolean NOT NULL DEFAULT true, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE region_country (iso_2 text PRIMARY KEY, iso_3 text NOT NULL, display_name text NOT NULL, region_id text,
    deleted_at timestamptz);
CREATE TABLE sales_channel (id text PRIMARY KEY, name text NOT NULL, is_disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE product_category (id text PRIMARY KEY, name text NOT NULL, description text NOT NULL DEFAULT '',
    handle text NOT NULL, mpath text NOT NULL DEFAULT '', is_active boolean NOT NULL DEFAULT true,
    is_internal boolean NOT NULL DEFAULT false, rank integer NOT NULL DEFAULT 0, parent_category_id text,
    metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE product_collection (id text PRIMARY KEY, title text NOT NULL, handle text NOT NULL, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE product_tag (id text PRIMARY KEY, value text NOT NULL, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE product_type (LIKE product_tag INCLUDING ALL);
CREATE TABLE product (id text PRIMARY KEY, title text NOT NULL, handle text NOT NULL, subtitle text, description text,
    is_giftcard boolean NOT NULL DEFAULT false, status text NOT NULL DEFAULT 'draft', thumbnail text,
    weight text, length text, height text, width text, origin_country text, hs_code text, mid_code text, material text,
    collection_id text, type_id text, discountable boolean NOT NULL DEFAULT true, external_id text, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE UNIQUE INDEX ON product (handle) WHERE deleted_at IS NULL;
CREATE TABLE product_option (id text PRIMARY KEY, title text NOT NULL, product_id text NOT NULL, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), deleted_at timestamptz);
CREATE TABLE product_option_value (id text PRIMARY KEY, value text NOT NULL, option_id text NOT NULL, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), deleted_at timestamptz);
CREATE TABLE product_variant (id text PRIMARY KEY, title text NOT NULL, sku text, barcode text, ean text, upc text,
    allow_backorder boolean NOT NULL DEFAULT false, manage_inventory boolean NOT NULL DEFAULT true, hs_code text,
    origin_country text, mid_code text, material text, weight integer, length integer, height integer, width integer,
    metadata jsonb, variant_rank integer DEFAULT 0, thumbnail text, product_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE UNIQUE INDEX ON product_variant (sku) WHERE deleted_at IS NULL;
CREATE INDEX ON product_variant (product_id);
CREATE TABLE product_variant_option (variant_id text, option_value_id text, PRIMARY KEY (variant_id, option_value_id));
CREATE TABLE image (id text PRIMARY KEY, url text NOT NULL, rank integer NOT NULL DEFAULT 0, product_id text NOT NULL,
    metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE product_variant_product_image (id text PRIMARY KEY, variant_id text NOT NULL, image_id text NOT NULL,
    deleted_at timestamptz);
CREATE TABLE product_tags (product_id text, product_tag_id text, PRIMARY KEY (product_id, product_tag_id));
CREATE TABLE product_category_product (product_category_id text, product_id text,
    PRIMARY KEY (product_category_id, product_id));
CREATE TABLE product_sales_channel (id text PRIMARY KEY, product_id text NOT NULL, sales_channel_id text NOT NULL,
    deleted_at timestamptz);
CREATE TABLE product_variant_price_set (id text PRIMARY KEY, variant_id text NOT NULL, price_set_id text NOT NULL,
    deleted_at timestamptz);
CREATE TABLE product_variant_inventory_item (id text PRIMARY KEY, variant_id text NOT NULL,
    inventory_item_id text NOT NULL, required_quantity integer NOT NULL DEFAULT 1, deleted_at timestamptz);
CREATE TABLE price_list (id text PRIMARY KEY, title text NOT NULL, description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'draft', type text NOT NULL DEFAULT 'sale', starts_at timestamptz,
    ends_at timestamptz, rules_count integer DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE price_list_rule (id text PRIMARY KEY, price_list_id text NOT NULL, attribute text NOT NULL, value jsonb,
    deleted_at timestamptz);
CREATE TABLE price (id text PRIMARY KEY, title text, price_set_id text NOT NULL, currency_code text NOT NULL,
    amount numeric NOT NULL, raw_amount jsonb NOT NULL, min_quantity numeric, max_quantity numeric,
    rules_count integer DEFAULT 0, price_list_id text, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE INDEX ON price (price_set_id);
CREATE TABLE price_rule (id text PRIMARY KEY, price_id text NOT NULL, attribute text NOT NULL, value text NOT NULL,
    operator text NOT NULL DEFAULT 'eq', priority integer NOT NULL DEFAULT 0, deleted_at timestamptz);
CREATE INDEX ON price_rule (price_id);
CREATE TABLE inventory_item (id text PRIMARY KEY, sku text, title text, requires_shipping boolean DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE inventory_level (id text PRIMARY KEY, inventory_item_id text NOT NULL, location_id text NOT NULL,
    stocked_quantity numeric NOT NULL DEFAULT 0, raw_stocked_quantity jsonb, reserved_quantity numeric NOT NULL DEFAULT 0,
    raw_reserved_quantity jsonb, incoming_quantity numeric NOT NULL DEFAULT 0, deleted_at timestamptz);
CREATE INDEX ON inventory_level (inventory_item_id);
CREATE TABLE customer (id text PRIMARY KEY, company_name text, first_name text, last_name text, email text, phone text,
    has_account boolean NOT NULL DEFAULT false, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE customer_address (id text PRIMARY KEY, customer_id text NOT NULL, address_name text,
    is_default_shipping boolean NOT NULL DEFAULT false, is_default_billing boolean NOT NULL DEFAULT false,
    company text, first_name text, last_name text, address_1 text, address_2 text, city text, country_code text,
    province text, postal_code text, phone text, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE INDEX ON customer_address (customer_id);
CREATE TABLE order_address (id text PRIMARY KEY, customer_id text, company text, first_name text, last_name text,
    address_1 text, address_2 text, city text, country_code text, province text, postal_code text, phone text,
    metadata jsonb);
CREATE TABLE "order" (id text PRIMARY KEY, region_id text, display_id integer GENERATED BY DEFAULT AS IDENTITY,
    custom_display_id text, customer_id text, version integer NOT NULL DEFAULT 1, sales_channel_id text,
    status text NOT NULL DEFAULT 'pending', is_draft_order boolean NOT NULL DEFAULT false, email text,
    currency_code text NOT NULL, shipping_address_id text, billing_address_id text, no_notification boolean,
    metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz, canceled_at timestamptz);
CREATE TABLE order_summary (id text PRIMARY KEY, order_id text NOT NULL, version integer NOT NULL DEFAULT 1,
    totals jsonb, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE INDEX ON order_summary (order_id);
CREATE TABLE order_line_item (id text PRIMARY KEY, title text NOT NULL, subtitle text, thumbnail text, variant_id text,
    product_id text, product_title text, product_description text, product_subtitle text, product_type text,
    product_handle text, variant_sku text, variant_barcode text, variant_title text, variant_option_values jsonb,
    requires_shipping boolean NOT NULL DEFAULT true, is_discountable boolean NOT NULL DEFAULT true,
    is_tax_inclusive boolean NOT NULL DEFAULT false, compare_at_unit_price numeric, raw_compare_at_unit_price jsonb,
    unit_price numeric NOT NULL, raw_unit_price jsonb NOT NULL, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE order_item (id text PRIMARY KEY, order_id text NOT NULL, version integer NOT NULL DEFAULT 1,
    item_id text NOT NULL, quantity numeric NOT NULL, raw_quantity jsonb NOT NULL,
    fulfilled_quantity numeric NOT NULL DEFAULT 0, shipped_quantity numeric NOT NULL DEFAULT 0,
    delivered_quantity numeric NOT NULL DEFAULT 0, return_requested_quantity numeric NOT NULL DEFAULT 0,
    return_received_quantity numeric NOT NULL DEFAULT 0, return_dismissed_quantity numeric NOT NULL DEFAULT 0,
    written_off_quantity numeric NOT NULL DEFAULT 0, unit_price numeric, raw_unit_price jsonb, metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE INDEX ON order_item (order_id);
CREATE TABLE order_line_item_tax_line (id text PRIMARY KEY, item_id text NOT NULL, description text,
    code text NOT NULL, rate numeric NOT NULL, raw_rate jsonb NOT NULL, provider_id text, deleted_at timestamptz);
CREATE INDEX ON order_line_item_tax_line (item_id);
CREATE TABLE order_line_item_adjustment (id text PRIMARY KEY, item_id text NOT NULL, code text, promotion_id text,
    amount numeric NOT NULL, raw_amount jsonb NOT NULL, is_tax_inclusive boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1, deleted_at timestamptz);
CREATE INDEX ON order_line_item_adjustment (item_id);
CREATE TABLE order_shipping_method (id text PRIMARY KEY, name text NOT NULL, description jsonb,
    amount numeric NOT NULL, raw_amount jsonb NOT NULL, is_tax_inclusive boolean NOT NULL DEFAULT false,
    shipping_option_id text, data jsonb, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE order_shipping (id text PRIMARY KEY, order_id text NOT NULL, version integer NOT NULL DEFAULT 1,
    shipping_method_id text NOT NULL, return_id text, claim_id text, exchange_id text, deleted_at timestamptz);
CREATE INDEX ON order_shipping (order_id);
CREATE TABLE order_shipping_method_tax_line (id text PRIMARY KEY, shipping_method_id text NOT NULL, description text,
    code text NOT NULL, rate numeric NOT NULL, raw_rate jsonb NOT NULL, provider_id text, deleted_at timestamptz);
CREATE INDEX ON order_shipping_method_tax_line (shipping_method_id);
CREATE TABLE order_shipping_method_adjustment (id text PRIMARY KEY, shipping_method_id text NOT NULL, code text,
    promotion_id text, amount numeric NOT NULL, raw_amount jsonb NOT NULL, version integer NOT NULL DEFAULT 1,
    deleted_at timestamptz);
CREATE INDEX ON order_shipping_method_adjustment (shipping_method_id);
CREATE TABLE order_payment_collection (id text PRIMARY KEY, order_id text NOT NULL, payment_collection_id text NOT NULL,
    deleted_at timestamptz);
CREATE INDEX ON order_payment_collection (order_id);
CREATE TABLE payment_collection (id text PRIMARY KEY, currency_code text NOT NULL, amount numeric NOT NULL,
    raw_amount jsonb NOT NULL, status text NOT NULL DEFAULT 'completed', deleted_at timestamptz);
CREATE TABLE payment (id text PRIMARY KEY, amount numeric NOT NULL, raw_amount jsonb NOT NULL,
    currency_code text NOT NULL, provider_id text NOT NULL, data jsonb, metadata jsonb, captured_at timestamptz,
    canceled_at timestamptz, payment_collection_id text NOT NULL, payment_session_id text,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE INDEX ON payment (payment_collection_id);
CREATE TABLE capture (id text PRIMARY KEY, amount numeric NOT NULL, raw_amount jsonb NOT NULL, payment_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE INDEX ON capture (payment_id);
CREATE TABLE refund (id text PRIMARY KEY, amount numeric NOT NULL, raw_amount jsonb NOT NULL, payment_id text NOT NULL,
    note text, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE INDEX ON refund (payment_id);
CREATE TABLE order_fulfillment (id text PRIMARY KEY, order_id text NOT NULL, fulfillment_id text NOT NULL,
    deleted_at timestamptz);
CREATE INDEX ON order_fulfillment (order_id);
CREATE TABLE fulfillment (id text PRIMARY KEY, location_id text, packed_at timestamptz, shipped_at timestamptz,
    delivered_at timestamptz, canceled_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz);
CREATE TABLE fulfillment_item (id text PRIMARY KEY, fulfillment_id text NOT NULL, line_item_id text, title text,
    quantity numeric NOT NULL, raw_quantity jsonb NOT NULL, deleted_at timestamptz);
CREATE INDEX ON fulfillment_item (fulfillment_id);
CREATE TABLE fulfillment_label (id text PRIMARY KEY, fulfillment_id text NOT NULL, tracking_number text NOT NULL,
    tracking_url text NOT NULL, label_url text NOT NULL, deleted_at timestamptz);
CREATE INDEX ON fulfillment_label (fulfillment_id);
