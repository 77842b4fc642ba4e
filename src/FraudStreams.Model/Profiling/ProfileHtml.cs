using System.Collections.Immutable;
using FraudStreams.Model.Reports;
using static FraudStreams.Model.Reports.ReportText;

namespace FraudStreams.Model.Profiling;

/// <summary>The report of `explore` (<see cref="HtmlReport"/>). Of secret fields it shows how many values are missing and different, and none of them.</summary>
public static class ProfileHtml
{
    static readonly ChartAxis s_shareOfFrauds = new("share of frauds", AxisFormat.Share);
    static readonly ChartAxis s_payments = new("payments");

    /// <summary>The whole document.</summary>
    public static string Write(DatasetProfile profile)
    {
        var html = new HtmlReport($"Data set {profile.Name}")
            .Text($"Read by schema {profile.Schema}{(profile is { From: { } from, To: { } to } ? $", from {Time(from)} to {Time(to)} UTC" : "")}. Frauds are those that the label says; shares of frauds are of payments with a label.")
            .Figures(
                ("payments", Count(profile.All.Payments)), ("frauds", Count(profile.All.Frauds)), ("share of frauds", Shown(profile.All.FraudShare)),
                ("without a label", Count(profile.All.Payments - profile.All.Labelled)), ("rows that cannot be read", Count(profile.Rejected.Sum(code => code.Rows))),
                ("rows again", Count(profile.Duplicates.SameRow)))
            .Section("To look at")
            .List(profile.Oddities.IsEmpty ? ["Nothing odd was found."] : [.. profile.Oddities.Select(oddity => $"{oddity.Text}.")])
            .Table(new ReportTable("Rows that cannot be read", ["code", "example", "rows"], [.. profile.Rejected.Select(code => (ImmutableArray<string>)[code.Code, code.Example, Count(code.Rows)])]) { TextColumns = 2 })
            .Table(new ReportTable("Duplicates, each first one not counted", ["what is the same", "rows"],
            [
                ["the whole row", Count(profile.Duplicates.SameRow)],
                ["the id, with something else in the row", Count(profile.Duplicates.SameId)],
                ["card, time, amount and merchant, under another id", Count(profile.Duplicates.SamePayment)],
            ]))
            .Section("Fields")
            .Table(Fields(profile));
        if (profile.All.Payments == 0)
            return html.ToHtml();
        html.Section("Time").Charts([.. Periods(profile), .. Pair("hour (UTC)", profile.Hours, isLying: false), .. Pair("weekday (UTC)", profile.Weekdays, isLying: true)]);
        html.Section("Amount").Charts(Pair("amount", profile.Amounts, isLying: true));
        html.Section("Texts").Charts(profile.Fields.Where(field => field.Values.Length > 1).Select(field => Values(field)));
        if (!profile.Cards.IsEmpty)
            html.Table(Groups("Cards of most payments", "card", profile.Cards));
        html.Section("Numbers").Text($"Shares of each kind; of more than {Count(DatasetProfiler.SampleRows)} payments of a kind, of a sample.").Charts(profile.Fields.Where(field => field.Numbers is not null).Select(Numbers));
        if (profile.Places is { Cells.IsEmpty: false } places)
        {
            html.Section("Places").Charts(new MapChart($"{places.LatitudeField} and {places.LongitudeField}", [.. places.Cells.Select(cell => new MapPlace(cell.Latitude, cell.Longitude, cell.Payments, cell.Frauds))])
            {
                Note = $"In cells of {Number(places.CellDegrees)} degrees. Coordinates that the schema calls secret are not shown.",
            });
        }

        return html.ToHtml();
    }

    static string Shown(double? share) => share is { } known ? Share(known) : "";

    static ReportTable Fields(DatasetProfile profile) => new(
        $"Of {Count(profile.All.Payments)} rows", ["field", "type", "missing", "", "different", "least", "median", "most"],
        [
            .. profile.Fields.Select(field => (ImmutableArray<string>)
            [
                field.Name, field.IsSecret ? $"{field.Type}, secret" : field.Type, Count(field.Missing), profile.All.Payments == 0 ? "" : Share((double)field.Missing / profile.All.Payments),
                field.Distinct is { } distinct ? Count(distinct) : $"over {Count(DatasetProfiler.MostDistinct)}",
                field.Numbers is { } least ? Number(least.Min) : "", field.Numbers is { } median ? Number((median.Legitimate ?? median.Fraud)!.P50) : "", field.Numbers is { } most ? Number(most.Max) : "",
            ]),
        ])
    {
        TextColumns = 2,
    };

    static ReportTable Groups(string caption, string what, ImmutableArray<GroupCount> groups) => new(
        caption, [what, "payments", "frauds", "share of frauds"], [.. groups.Select(group => (ImmutableArray<string>)[group.Name, Count(group.Payments), Count(group.Frauds), Shown(group.FraudShare)])]);

    static IEnumerable<Chart> Periods(DatasetProfile profile)
    {
        var time = new ChartAxis(profile.DaysInPeriod == 1 ? "day (UTC)" : $"{profile.DaysInPeriod} days from (UTC)", AxisFormat.Time);
        var periods = profile.Periods.Select(period => (Begin: (double)DateTimeOffset.Parse(period.Name + "T00:00:00Z").ToUnixTimeMilliseconds(), Period: period)).ToArray();
        return
        [
            new LineChart("Payments", time, s_payments with { From = 0 }, [new LineSeries("payments", [.. periods.Select(it => new ChartPoint(it.Begin, it.Period.Payments))])]),
            new LineChart("Share of frauds", time, s_shareOfFrauds with { From = 0 }, [new LineSeries("share of frauds", [.. periods.Select(it => new ChartPoint(it.Begin, it.Period.FraudShare ?? double.NaN))])]),
        ];
    }

    static IEnumerable<Chart> Pair(string what, ImmutableArray<GroupCount> groups, bool isLying)
    {
        ImmutableArray<string> names = [.. groups.Select(group => group.Name)];
        return
        [
            new BarChart($"Payments by {what}", what, s_payments, names, [new BarSeries("payments", [.. groups.Select(group => (double)group.Payments)])]) { IsLying = isLying },
            new BarChart($"Share of frauds by {what}", what, s_shareOfFrauds, names, [new BarSeries("share of frauds", [.. groups.Select(group => group.FraudShare ?? double.NaN)])]) { IsLying = isLying },
        ];
    }

    static BarChart Values(FieldProfile field)
    {
        var others = field.Distinct > field.Values.Length ? $", the {field.Values.Length} most frequent of {Count(field.Distinct.Value)}" : "";
        return new BarChart(
            $"Share of frauds by {field.Name}", field.Name, s_shareOfFrauds, [.. field.Values.Select(value => $"{value.Name} ({Count(value.Payments)})")],
            [new BarSeries("share of frauds", [.. field.Values.Select(value => value.FraudShare ?? double.NaN)])])
        {
            IsLying = true,
            Note = $"In brackets: payments{others}",
        };
    }

    static BarChart Numbers(FieldProfile field)
    {
        var numbers = field.Numbers!;
        var series = new List<BarSeries>();
        if (numbers.Legitimate is { } legitimate)
            series.Add(new BarSeries("not fraud", legitimate.Shares));
        if (numbers.Fraud is { } fraud)
            series.Add(new BarSeries("fraud", fraud.Shares));
        return new BarChart(field.Name, $"{field.Name}, from", new ChartAxis("share of each kind", AxisFormat.Share), [.. numbers.Edges.Select(edge => Math.Abs(edge) >= 100 ? Count((long)Math.Round(edge)) : Number(edge))], [.. series])
        {
            Note = numbers is { Legitimate: { } honest, Fraud: { } frauds } ? $"Median {Number(honest.P50)}, of frauds {Number(frauds.P50)}; 99% below {Number(honest.P99)}, of frauds {Number(frauds.P99)}" : null,
        };
    }
}
