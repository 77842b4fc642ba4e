namespace FraudStreams.Model.Reports;

/// <summary>Colours and layout of reports: light, dark and in print. Both themes meet WCAG AA for text.</summary>
static class ReportStyle
{
    /// <summary>What a chart needs that stands alone: its colours follow the reader's theme.</summary>
    public const string Chart = """
        :root { --bg: #fff; --text: #18202b; --quiet: #56616f; --line: #d8dee6; --soft: #f4f6f9; --s0: #1f5fa8; --s1: #b3431e; --s2: #1c7c3c; --s3: #7a3fa0 }
        @media screen and (prefers-color-scheme: dark) { :root { --bg: #0f141b; --text: #e7ecf3; --quiet: #9daabb; --line: #2f3947; --soft: #18202b; --s0: #6cb0ff; --s1: #ff9a76; --s2: #58c27d; --s3: #c79bf0 } }
        svg { font: 12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--text) }
        svg .grid { stroke: var(--line) } svg .axis, svg .mark { stroke: var(--quiet) } svg .mark { stroke-dasharray: 3 3 } svg .quiet { fill: var(--quiet) } svg .back { fill: var(--bg) }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round } svg .dashed { stroke-dasharray: 6 4 } svg .band { stroke: none; opacity: .18 }
        svg .f0 { fill: var(--s0) } svg .f1 { fill: var(--s1) } svg .f2 { fill: var(--s2) } svg .f3 { fill: var(--s3) }
        svg .s0 { stroke: var(--s0) } svg .s1 { stroke: var(--s1) } svg .s2 { stroke: var(--s2) } svg .s3 { stroke: var(--s3) }
        svg .light { opacity: .45 }
        """;

    /// <summary>The page around the charts.</summary>
    public const string Page = """
        :root { color-scheme: light dark }
        * { box-sizing: border-box }
        body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.2rem 3rem; color: var(--text); background: var(--bg) }
        h1 { font-size: 1.5rem; margin: 0 0 .4rem; overflow-wrap: anywhere } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-top: .6rem; border-top: 1px solid var(--line) }
        p, li { max-width: 62rem; overflow-wrap: anywhere } .quiet, caption, figcaption span, summary { color: var(--quiet) }
        dl { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1rem 0 } dl div { background: var(--soft); border: 1px solid var(--line); border-radius: 8px; padding: .45rem .9rem; min-width: 8rem }
        dt { color: var(--quiet); font-size: .87rem } dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(30rem, 100%), 1fr)); gap: 1.2rem }
        figure { margin: 0; min-width: 0; border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; align-self: start } figcaption { font-weight: 600; margin-bottom: .3rem } figcaption span { display: block; font-weight: 400; font-size: .87rem }
        .scroll { overflow-x: auto } .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px } svg { display: block; width: 100%; min-width: 26rem; height: auto }
        table { border-collapse: collapse; margin: .4rem 0 1rem; font-size: .9rem } caption { text-align: left; padding-bottom: .2rem } th { color: var(--quiet); font-weight: 500; text-align: left; vertical-align: bottom }
        th, td { padding: .22rem .9rem .22rem 0; border-bottom: 1px solid var(--line) } td { vertical-align: top; overflow-wrap: anywhere; max-width: 34rem } .figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
        details { margin-top: .4rem } summary { cursor: pointer; width: fit-content; font-size: .9rem }
        @media print { body { max-width: none; padding: 0; font-size: 11px } .charts { display: block } figure { break-inside: avoid; margin-bottom: .8rem; border: 0; padding: 0 } tr, dl { break-inside: avoid } h2 { break-after: avoid } svg { max-width: 17cm; min-width: 0 } .scroll { overflow: visible } summary { display: none } }
        """;
}
