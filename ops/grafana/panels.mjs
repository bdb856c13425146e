// A panel as one row of a table: title, unit, description, queries. Everything that all panels have in common is said here once.
import { BarGaugeDisplayMode, BigValueColorMode, BigValueGraphMode, BigValueTextMode, GraphDrawStyle, LegendDisplayMode, LegendPlacement, SortOrder, StackingMode, TooltipDisplayMode, VisibilityMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder, StackingConfigBuilder, ReduceDataOptionsBuilder, VizOrientation } from "@grafana/grafana-foundation-sdk/common";
import { DashboardBuilder, DashboardLinkBuilder, DashboardLinkType, DashboardCursorSync, DatasourceVariableBuilder, FieldColorBuilder, FieldColorModeId, QueryVariableBuilder, RowBuilder, ThresholdsConfigBuilder, ThresholdsMode, VariableHide, VariableRefresh, VariableSort } from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";

export const UNIT = {
    age: units.Seconds,
    bytes: units.BytesIEC,
    count: units.Short,
    perSecond: units.CountsPerSecond,
    ratio: units.PercentUnit,
    requests: units.RequestsPerSecond,
    seconds: units.Seconds,
    when: units.DateTimeFromNow,
    won: units.SouthKoreanWon,
};

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

// Which variables a dashboard shows; the others are there too, hidden, so that links between dashboards keep what was chosen.
const VARIABLES = [
    ["cluster", "Cluster", "The Kafka cluster.", "label_values(kafka_consumergroup_group_max_lag, cluster_name)"],
    ["group", "Group", "Consumer groups.", 'label_values(kafka_consumergroup_group_max_lag{cluster_name=~"$cluster"}, group)'],
    ["topic", "Topic", "Topics.", 'label_values(kafka_partition_latest_offset{cluster_name=~"$cluster"}, topic)'],
];

const refId = (index) => String.fromCharCode(65 + index);

const thresholds = (steps) =>
    new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps.map(([value, color]) => ({ value, color })));

const query = ([expr, legend], index, { instant = false, format = PromQueryFormat.TimeSeries } = {}) => {
    const made = new DataqueryBuilder().datasource(DATASOURCE).expr(expr).format(format).refId(refId(index));
    if (legend) made.legendFormat(legend);
    return instant ? made.instant() : made.range();
};

const common = (builder, { title, unit, description }) =>
    builder.title(title).description(description).datasource(DATASOURCE).unit(unit);

// Each of the following makes a panel: (title, unit, description, [[expression, legend], …], options).

export const lines = (title, unit, description, queries, options = {}) => {
    const panel = common(new timeseries.PanelBuilder(), { title, unit, description })
        .lineWidth(1)
        .fillOpacity(options.stack ? 30 : 5)
        .showPoints(VisibilityMode.Never)
        .drawStyle(GraphDrawStyle.Line)
        .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.Table).placement(LegendPlacement.Bottom).showLegend(true).calcs(["lastNotNull", "max"]))
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
    if (options.min !== null) panel.min(options.min ?? 0);
    if (options.max !== undefined) panel.max(options.max);
    if (options.stack) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
    queries.forEach((row, index) => panel.withTarget(query(row, index)));
    return { panel, height: 8, perLine: 3 };
};

export const number = (title, unit, description, queries, steps) => {
    const panel = common(new stat.PanelBuilder(), { title, unit, description })
        .colorMode(steps ? BigValueColorMode.Background : BigValueColorMode.None)
        .graphMode(BigValueGraphMode.None)
        .textMode(queries.length > 1 || queries[0][1] ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false));
    if (steps) panel.thresholds(thresholds(steps)).colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
    queries.forEach((row, index) => panel.withTarget(query(row, index, { instant: true })));
    return { panel, height: 5, perLine: 6 };
};

export const bars = (title, unit, description, queries) => {
    const panel = common(new bargauge.PanelBuilder(), { title, unit, description })
        .min(0)
        .displayMode(BarGaugeDisplayMode.Basic)
        .orientation(VizOrientation.Horizontal)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false));
    queries.forEach((row, index) => panel.withTarget(query(row, index, { instant: true })));
    return { panel, height: 9, perLine: 2 };
};

// Buckets of a histogram over time; the query returns one series a bucket, by `le`.
export const buckets = (title, unit, description, expr) => {
    const panel = common(new heatmap.PanelBuilder(), { title, unit, description })
        .calculate(false)
        .cellGap(1)
        .color(heat())
        .yAxis(new heatmap.YAxisConfigBuilder().unit(unit))
        .withTarget(query([expr, "{{le}}"], 0, { format: PromQueryFormat.Heatmap }));
    return { panel, height: 9, perLine: 2 };
};

// One row of coloured cells for each series.
export const cells = (title, unit, description, expr, legend) => {
    const panel = common(new heatmap.PanelBuilder(), { title, unit, description })
        .calculate(false)
        .cellGap(1)
        .color(heat())
        .cellValues(new heatmap.CellValuesBuilder().unit(unit))
        .withTarget(query([expr, legend], 0));
    return { panel, height: 10, perLine: 2 };
};

const heat = () =>
    new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Oranges").steps(64).reverse(false).exponent(0.5);

// One row for each combination of labels; a column is [name, unit, expression]. Without an expression it is a label.
export const rows = (title, unit, description, columns) => {
    const panel = common(new table.PanelBuilder(), { title, unit, description }).showHeader(true);
    const [order, names, hidden] = [{}, {}, { Time: true }];
    let asked = 0;
    columns.forEach(([name, columnUnit, expr], place) => {
        if (expr === undefined) {
            [order[name], names[name]] = [place, name];
            return;
        }
        const value = `Value #${refId(asked)}`;
        panel.withTarget(query([expr], asked, { instant: true, format: PromQueryFormat.Table }));
        asked += 1;
        if (name === null) {
            hidden[value] = true;
            return;
        }
        [order[value], names[value]] = [place, name];
        panel.overrideByName(name, [{ id: "unit", value: columnUnit }]);
    });
    panel.withTransformation({ id: "merge", options: {} });
    panel.withTransformation({ id: "organize", options: { excludeByName: hidden, indexByName: order, renameByName: names } });
    return { panel, height: 12, perLine: 1 };
};

// The panels of a row fill its width; so many stand side by side as the first of them says.
const place = (panels) => {
    const lineCount = Math.ceil(panels.length / Math.max(...panels.map(({ perLine }) => perLine)));
    const longest = Math.ceil(panels.length / lineCount);
    return panels.map(({ panel, height }, index) => {
        const inLine = index < longest * (lineCount - 1) ? longest : panels.length - longest * (lineCount - 1);
        return panel.height(height).span(24 / inLine);
    });
};

// A dashboard: (uid, title, description, variables that are shown, further variables, [[row's title, [panel, …]], …]).
export const dashboard = (uid, title, description, shown, further, rowsOfPanels) => {
    const builder = new DashboardBuilder(title)
        .uid(uid)
        .description(description)
        .tags(["timesale"])
        .readonly()
        .refresh("10s")
        .time({ from: "now-30m", to: "now" })
        .timezone("browser")
        .tooltip(DashboardCursorSync.Crosshair)
        .link(new DashboardLinkBuilder("Timesale").type(DashboardLinkType.Dashboards).tags(["timesale"]).asDropdown(true).includeVars(true).keepTime(true))
        .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").description("The Prometheus that is asked.").type("prometheus"));
    for (const [name, label, text, ask] of [...VARIABLES, ...further]) {
        const isShown = shown.includes(name) || further.some(([other]) => other === name);
        builder.withVariable(
            new QueryVariableBuilder(name)
                .label(label)
                .description(text)
                .datasource(DATASOURCE)
                .query({ query: ask, refId: name })
                .refresh(VariableRefresh.OnTimeRangeChanged)
                .sort(VariableSort.AlphabeticalAsc)
                .hide(isShown ? VariableHide.DontHide : VariableHide.HideVariable)
                .multi(true)
                .includeAll(true)
                .allValue(".*")
                .current({ selected: true, text: ["All"], value: ["$__all"] }),
        );
    }
    for (const [rowTitle, panels] of rowsOfPanels) {
        builder.withRow(new RowBuilder(rowTitle));
        place(panels).forEach((panel) => builder.withPanel(panel));
    }
    const made = builder.build();
    // Links to panels and their order in a comparison need numbers that stay.
    made.panels.forEach((panel, index) => (panel.id = index + 1));
    return made;
};
