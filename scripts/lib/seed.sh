# A small sale to play with: one campaign, three products of two sellers. Sown once: what is there is left as it is.
# shellcheck shell=bash

SEED_CAMPAIGN=hello
SEED_STOCK=100

# sku, seller, name, price
SEED_PRODUCTS=(
    "tea-kettle hanok Brass_kettle 25900"
    "wool-scarf namsan Wool_scarf 19900"
    "tea-bowl hanok Tea_bowl 14900"
)

seed_sale() {
    local port token now product sku seller name price
    port=$(recall INGRESS_PORT)
    token=$("$BINARY" token seed --role operator)
    now=$(date +%s)
    sow "$port" "$token" "/v1/campaigns/$SEED_CAMPAIGN" "$(printf \
        '{"stock":%s,"claim":{"from":%s000,"until":%s000},"usable":{"from":%s000,"until":%s000},"discount":{"fixed":{"amount":5000}},"platform_share":5000,"restoration":{"within_use_window":{"times":1}}}' \
        "$SEED_STOCK" "$now" $((now + 31536000)) "$now" $((now + 31536000)))" || return 0
    for product in "${SEED_PRODUCTS[@]}"; do
        read -r sku seller name price <<<"$product"
        sow "$port" "$token" "/v1/products/$sku" \
            "$(printf '{"seller":"%s","name":"%s","list_price":%s}' "$seller" "${name//_/ }" "$price")"
        # Under one key this is one request, however often it is sent.
        await 20 accepted "$port" POST "/v1/products/$sku/stock" "$token" seed-the-first-stock "{\"change\":$SEED_STOCK}" \
            || say "the stock of $sku could not be filled"
    done
}

# Defines what is not there yet.
sow() {
    local port=$1 token=$2 path=$3 body=$4
    [[ $(http_send "$port" GET "$path" "$token" a-key-for-nothing '') != 200 ]] || return 0
    await 20 accepted "$port" PUT "$path" "$token" "seed-at-$(date +%s%N)" "$body" || say "$path could not be defined"
}

accepted() { [[ $(http_send "$@") == 20[01] ]]; }
