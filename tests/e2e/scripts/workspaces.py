"""Workspaces and reports with the stock `wandb-workspaces`: saved, loaded, and equal."""

import sys
from typing import Any

import wandb
import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws

PROJECT = sys.argv[1]
ENTITY = wandb.Api().default_entity


def panels() -> list[Any]:
    """One of every panel class, with as many of its fields as it has."""
    return [
        wr.LinePlot(
            title="loss",
            x="Step",
            y=["loss", "val/loss"],
            range_x=(0, 10),
            range_y=(0.1, None),
            log_x=True,
            log_y=True,
            title_x="step",
            title_y="loss",
            ignore_outliers=True,
            groupby=wr.Config("lr"),
            groupby_aggfunc="mean",
            groupby_rangefunc="minmax",
            smoothing_factor=0.6,
            smoothing_type="exponentialTimeWeighted",
            smoothing_show_original=True,
            max_runs_to_show=7,
            custom_expressions=["loss * 2"],
            plot_type="line",
            font_size="small",
            legend_position="south",
            legend_template="${run:displayName}",
            aggregate=True,
            xaxis_expression="x * 2",
            legend_fields=["run:displayName"],
            metric_regex="loss.*",
            point_visualization_method="sampling",
            line_titles={"one:loss": "first"},
            line_colors={"one:loss": "#ff0000"},
            line_widths={"one:loss": 2.5},
            line_marks={"one:loss": "dashed"},
        ),
        wr.ScatterPlot(
            title="s",
            x=wr.Config("lr"),
            y=wr.SummaryMetric("loss"),
            z=wr.SummaryMetric("acc"),
            range_y=(0, 1),
            log_x=True,
            running_ymin=True,
            gradient=[wr.interface.GradientPoint("#ff0000", 0)],
            regression=True,
        ),
        wr.BarPlot(
            title="b",
            metrics=["loss"],
            orientation="v",
            groupby=wr.Config("lr"),
            groupby_aggfunc="median",
            max_bars_to_show=5,
            font_size="large",
        ),
        wr.ScalarChart(title="best", metric="loss", groupby_aggfunc="min"),
        wr.CodeComparer(diff="unified"),
        wr.ParallelCoordinatesPlot(
            title="parallel",
            columns=[
                wr.ParallelCoordinatesPlotColumn(wr.Config("lr"), log=True),
                wr.ParallelCoordinatesPlotColumn(
                    wr.SummaryMetric("loss"), display_name="l", inverted=True
                ),
            ],
        ),
        wr.ParameterImportancePlot(with_respect_to="loss"),
        wr.RunComparer(diff_only="split"),
        wr.MediaBrowser(title="media", num_columns=3, media_keys=["img"]),
        wr.MarkdownPanel(markdown="# hello\n\n*you*"),
        wr.CustomChart(
            query={"summaryTable": {"tableKey": "t"}},
            chart_name="wandb/line/v0",
            chart_fields={"x": "step", "y": "value"},
            chart_strings={"title": "custom"},
        ),
        wr.WeavePanelSummaryTable(table_name="t"),
        wr.WeavePanelArtifactVersionedFile(artifact="a", version="v0", file="f.txt"),
        wr.WeavePanelArtifact(artifact="a"),
    ]


def laid_out(found: list[Any]) -> list[Any]:
    """The panels in rows; the client itself loses the place of the last three as it loads them."""
    for n, panel in enumerate(found[:-3]):
        panel.layout = wr.Layout(x=(n % 3) * 8, y=n // 3 * 6, w=8, h=6)
    return found


def spec(workspace: Any) -> Any:
    return workspace._to_model().spec.model_dump(by_alias=True, exclude_none=True)


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two specs are not the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            line
            for key in sorted(one.keys() | other.keys())
            for line in differences(one.get(key), other.get(key), f"{path}.{key}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            line
            for n, pair in enumerate(zip(one, other, strict=True))
            for line in differences(*pair, f"{path}[{n}]")
        ]
    return [] if one == other else [f"{path}: {one!r} became {other!r}"]


def workspaces() -> None:
    made = ws.Workspace(
        entity=ENTITY,
        project=PROJECT,
        name="all of it",
        auto_generate_panels=False,
        sections=[
            ws.Section(
                name="all panels",
                panels=laid_out(panels()),
                is_open=True,
                pinned=True,
                layout_settings=ws.SectionLayoutSettings(columns=2, rows=3),
                panel_settings=ws.SectionPanelSettings(
                    x_axis="epoch", x_min=1, smoothing_type="gaussian", smoothing_weight=5
                ),
            ),
            ws.Section(name="empty"),
        ],
        settings=ws.WorkspaceSettings(
            x_axis="Step",
            x_min=0,
            x_max=75,
            smoothing_type="average",
            smoothing_weight=20,
            ignore_outliers=True,
            remove_legends_from_panels=True,
            tooltip_number_of_runs="single",
            tooltip_color_run_names=False,
            max_runs=20,
            point_visualization_method="bucketing",
            sort_panels_alphabetically=False,
            group_by_prefix="last",
        ),
        runset_settings=ws.RunsetSettings(
            query="one|two",
            regex_query=True,
            filters="Config('lr') >= 0.1 and SummaryMetric('loss') < 3",
            groupby=[ws.Metric("group"), ws.Config("lr")] if hasattr(ws, "Metric") else [],
            order=[ws.Ordering(ws.Summary("loss"), ascending=True)],
            run_settings={
                "one": ws.RunSettings(color="#ff0000", disabled=True),
                "two": ws.RunSettings(color="#00ff00"),
            },
            pinned_columns=["run:displayName", "summary:loss", "config:lr"],
        ),
    )
    made.save()
    assert f"/{PROJECT}?nw=" in made.url, made.url
    found = ws.Workspace.from_url(made.url)
    assert found.name == "all of it"
    assert (lines := differences(spec(made), spec(found))) == [], "\n".join(lines)
    assert len(found.sections[0].panels) == len(panels())
    assert [type(p) for p in found.sections[0].panels] == [type(p) for p in panels()]

    found.name = "renamed"
    found.sections = found.sections[:1]
    found.save()
    again = ws.Workspace.from_url(made.url)
    assert (again.name, len(again.sections)) == ("renamed", 1)
    again.name = "a copy"
    again.save_as_new_view()
    assert again.url != made.url
    assert ws.Workspace.from_url(again.url).name == "a copy"
    assert ws.Workspace.from_url(made.url).name == "renamed"

    try:
        ws.Workspace.from_url(f"{made.url.split('?')[0]}?nw=nothere")
    except ValueError as error:
        assert "not found" in str(error), error
    else:
        raise AssertionError("a view that is not there was loaded")


def blocks() -> list[Any]:
    """One of every block class."""
    return [
        wr.TableOfContents(),
        wr.H1("One", collapsed_blocks=[wr.P("inside")]),
        wr.H2("Two"),
        wr.H3("Three"),
        wr.P(["plain ", wr.Link("a link", "https://example.org"), wr.InlineLatex("e=mc^2")]),
        wr.P([wr.InlineCode("code"), " after"]),
        wr.UnorderedList(["a", "b"]),
        wr.OrderedList(["1", "2"]),
        wr.CheckedList([wr.CheckedListItem("do", checked=True), wr.CheckedListItem("not yet")]),
        wr.BlockQuote("quoted"),
        wr.CodeBlock("x = 1\ny = 2", language="python"),
        wr.MarkdownBlock("*hi* **there**"),
        wr.LatexBlock(r"\alpha^2"),
        wr.Image("https://example.org/i.png", caption="an image"),
        wr.CalloutBlock("careful"),
        wr.HorizontalRule(),
        wr.Video("https://www.youtube.com/embed/x"),
        wr.Gallery(
            items=[
                wr.interface.GalleryReport("VmlldzoxMQ"),
                wr.interface.GalleryURL("https://example.org", "t", "d", "https://example.org/i"),
            ]
        ),
        wr.interface.Spotify("5cfUlsdrdUE4dLMK7R9CFd"),
        wr.interface.SoundCloud("<iframe></iframe>"),
        wr.WeaveBlockSummaryTable(ENTITY, PROJECT, "t"),
        wr.WeaveBlockArtifact(ENTITY, PROJECT, "a", "files"),
        wr.WeaveBlockArtifactVersionedFile(ENTITY, PROJECT, "a", "v0", "f.txt"),
        wr.PanelGrid(
            runsets=[
                wr.Runset(
                    ENTITY,
                    PROJECT,
                    name="mine",
                    query="one",
                    filters="Config('lr') > 0.1",
                    groupby=["config.lr"],
                    order=[wr.OrderBy("loss", ascending=True)],
                    run_settings={"one": wr.RunSettings(disabled=True)},
                    pinned_columns=["summary:loss"],
                ),
                wr.Runset(ENTITY, PROJECT, name="all"),
            ],
            panels=laid_out(panels()),
            custom_run_colors={"one": "#ff0000"},
        ),
    ]


def same(report: Any) -> Any:
    return report._to_model().spec.model_dump(by_alias=True, exclude_none=True)


def reports() -> None:
    made = wr.Report(
        project=PROJECT,
        entity=ENTITY,
        title="A report: of runs",
        description="what came of it",
        blocks=blocks(),
        width="fluid",
    )
    made.save()
    found = wr.Report.from_url(made.url)
    assert (found.title, found.description) == (made.title, made.description)
    kinds = [[type(block).__name__ for block in report.blocks] for report in (made, found)]
    assert kinds[0] == kinds[1], kinds
    found.width = "fluid"  # the client reads it back from nowhere
    assert (lines := differences(same(made), same(found))) == [], "\n".join(lines)

    found.title = "Renamed"
    found.save()
    assert found.id == made.id
    copy = wr.Report.from_url(made.url)
    assert copy.title == "Renamed"
    copy.save(clone=True)
    assert copy.id != made.id
    draft = wr.Report(project=PROJECT, entity=ENTITY, title="Not yet", blocks=[wr.P("soon")])
    draft.save(draft=True)

    api = wandb.Api()
    listed = list(api.reports(f"{ENTITY}/{PROJECT}"))
    assert [report.display_name for report in listed] == ["Renamed", "Renamed"], listed
    assert wr.Report.from_url(listed[0].url).title == "Renamed"
    assert listed[0].spec["version"] and listed[0].user["username"] == ENTITY
    assert len(list(api.reports(f"{ENTITY}/{PROJECT}", name=listed[0].name))) == 1
    assert list(api.reports(f"{ENTITY}/{PROJECT}", name="nobody's")) == []

    assert made.get_share_url() is None
    try:
        made.enable_share_link()
    except Exception as error:
        assert "no links that show a report to everybody" in str(error), error
    else:
        raise AssertionError("shared")
    assert copy.delete() and len(list(wandb.Api().reports(f"{ENTITY}/{PROJECT}"))) == 1
    try:
        wr.Report.from_url(copy.url)
    except Exception as error:
        assert "may have been deleted" in str(error), error
    else:
        raise AssertionError("a deleted report was loaded")


def main() -> None:
    for name, lr in (("one", 0.1), ("two", 0.2)):
        with wandb.init(project=PROJECT, id=name, config={"lr": lr}) as run:
            run.log({"loss": 1 / lr, "val/loss": 2.0})
    workspaces()
    reports()
    print("done")


if __name__ == "__main__":
    main()
