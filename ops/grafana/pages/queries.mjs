// PromQL in the forms that panels need again and again.

// The rate of a counter, added up by labels.
export const rate = (metric, by = "", matchers = "") => {
    const grouped = by ? `sum by (${by})` : "sum";
    return `${grouped} (rate(${metric}${matchers && `{${matchers}}`}[$__rate_interval]))`;
};

// A quantile of a histogram over its labels; `metric` without `_bucket`.
export const quantile = (share, metric, by = "", matchers = "") =>
    `histogram_quantile(${share}, ${rate(`${metric}_bucket`, by ? `le, ${by}` : "le", matchers)})`;

// The mean of a histogram.
export const mean = (metric, by = "", matchers = "") => `${rate(`${metric}_sum`, by, matchers)} / ${rate(`${metric}_count`, by, matchers)}`;

export const max = (metric, by = "", matchers = "") => `${by ? `max by (${by})` : "max"} (${metric}${matchers && `{${matchers}}`})`;

export const sum = (metric, by = "", matchers = "") => `${by ? `sum by (${by})` : "sum"} (${metric}${matchers && `{${matchers}}`})`;

// How long ago a time was that a gauge holds.
export const age = (metric, by = "", matchers = "") => `time() - ${max(metric, by, matchers)}`;

// What the variables of a dashboard choose.
export const OF_LAG = 'cluster_name=~"$cluster", group=~"$group", topic=~"$topic"';
export const OF_GROUP = 'group=~"$group", topic=~"$topic"';
export const OF_TOPIC = 'cluster_name=~"$cluster", topic=~"$topic"';
