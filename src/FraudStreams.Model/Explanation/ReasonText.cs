using System.Globalization;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Explanation;

/// <summary>Puts a feature's value, and what is usual, in words: "9 payments in the last hour; usually 0 or 1".</summary>
/// <param name="plan">The plan that computed the value.</param>
/// <param name="usualValues">What was usual in the training rows, by feature; features may be absent.</param>
sealed class ReasonText(FeaturePlan plan, IReadOnlyDictionary<string, UsualValue> usualValues)
{
    const string Masked = "****";

    public Reason Of(FeatureDefinition feature, double value, double logOdds)
    {
        var isSecret = plan.Schema.IsSecret(feature);
        var shown = isSecret ? new ReasonValue(double.NaN, Masked) : Shown(feature, value);
        var usual = isSecret || !usualValues.TryGetValue(feature.Name, out var known) ? null : Usual(feature, known);
        var text = isSecret ? $"{SubjectOf(feature)} {Masked}" : double.IsNaN(value) ? Missing(feature) : Present(feature, shown);
        if (usual is not null)
            text += $"; {(feature is CategoryFeature ? "most often" : "usually")} {usual}";
        return new Reason(FeatureSource.CodeOf(feature), feature.Name, shown, usual, logOdds, text);
    }

    /// <summary>The field's value for a logarithm, years and distances only as precisely as does not reveal a birth date or a home.</summary>
    ReasonValue Shown(FeatureDefinition feature, double value) => feature switch
    {
        CategoryFeature => new ReasonValue(double.NaN, Category(feature.Name, value)),
        LogFeature => new ReasonValue(Math.Round(Math.Exp(value) - 1, 10)),
        AgeFeature => new ReasonValue(Math.Floor(value)),
        DistanceFeature => new ReasonValue(Coarse(value)),
        _ => new ReasonValue(value),
    };

    /// <summary>A merchant's text may have a card number in it.</summary>
    string? Category(string feature, double code) =>
        code >= 0 && code < plan.Categories[feature].Length ? CardNumbers.Masked(plan.Categories[feature][(int)code]) : null;

    string? Usual(FeatureDefinition feature, UsualValue usual)
    {
        switch (feature)
        {
            case CategoryFeature:
                return usual.MostFrequent.IsEmpty ? null : Listed([.. usual.MostFrequent.Select(CardNumbers.Masked)]);
            case CalendarFeature { Part: CalendarPart.Night or CalendarPart.Weekend }:
                return usual.Median > 0 ? null : "not";
            case CalendarFeature { Part: CalendarPart.HourSin or CalendarPart.HourCos or CalendarPart.Weekday }:
                return null;
            default:
                var (low, high) = (Shown(feature, usual.Low).Number, Shown(feature, usual.High).Number);
                var (from, to) = (Display(feature, low), Display(feature, high));
                return from == to ? from : low == Math.Floor(low) && high == low + 1 ? $"{from} or {to}" : $"{from} to {to}";
        }
    }

    string Present(FeatureDefinition feature, ReasonValue value)
    {
        var number = Display(feature, value.Number);
        return feature switch
        {
            CategoryFeature f => $"{f.Field} {value.Text ?? "not known from training"}",
            CalendarFeature f => Calendar(f.Part, value.Number),
            AgeFeature f => $"{number} years since {f.Field}",
            DistanceFeature => $"{feature.Name} {number}",
            WindowFeature f => Window(f, value.Number, number),
            _ => $"{SubjectOf(feature)} {number}",
        };
    }

    string Missing(FeatureDefinition feature) => feature switch
    {
        CategoryFeature f => $"{f.Field} missing, or too rare in training to be known",
        WindowFeature { Kind: WindowKind.SinceLast } f => $"no earlier payment{Key(f)}{Span(f)}",
        WindowFeature { Kind: WindowKind.Mean or WindowKind.Max or WindowKind.StandardDeviation } f => $"no {f.Of}{Key(f)}{Span(f)} to compare with",
        WindowFeature f => $"no {string.Join(" and ", f.By)}",
        _ => $"{SubjectOf(feature)} missing",
    };

    static string SubjectOf(FeatureDefinition feature) => feature switch
    {
        NumberFeature f => f.Field,
        LogFeature f => f.Field,
        CategoryFeature f => f.Field,
        CalendarFeature f => f.Field,
        _ => feature.Name,
    };

    string Window(WindowFeature window, double value, string number) => window.Kind switch
    {
        WindowKind.Count => $"{number} payment{(value == 1 ? "" : "s")}{Key(window)}{Span(window)}",
        WindowKind.Sum => $"{window.Of} of {number} in total{Key(window)}{Span(window)}",
        WindowKind.Mean => $"{window.Of} of {number} on average{Key(window)}{Span(window)}",
        WindowKind.StandardDeviation => $"{window.Of} with a standard deviation of {number}{Key(window)}{Span(window)}",
        WindowKind.Max => $"highest {window.Of} {number}{Key(window)}{Span(window)}",
        WindowKind.Distinct => $"{number} different {window.Of}{Key(window)}{Span(window)}",
        WindowKind.FraudShare => $"{number} of the payments{Key(window)}{Span(window)} known to be fraud",
        _ => $"{number} since the last payment{Key(window)}",
    };

    /// <summary>Nothing for the usual key, the card.</summary>
    string Key(WindowFeature window) =>
        window.By is [var only] && only == plan.Schema.Roles.Card ? "" : $" with the same {string.Join(" and ", window.By)}";

    static string Span(WindowFeature window) => window.Delay == TimeSpan.Zero
        ? $" in the last {Length(window.Over)}"
        : $" in the {Length(window.Over)} up to {Duration(window.Delay.TotalSeconds)} ago";

    /// <summary>"hour", "7 days".</summary>
    static string Length(TimeSpan time) => Duration(time.TotalSeconds) is var text && text.StartsWith("1 ", StringComparison.Ordinal) ? text[2..] : text;

    static string Calendar(CalendarPart part, double value) => part switch
    {
        CalendarPart.Hour => $"in the hour from {value:00}:00 UTC",
        CalendarPart.Weekday => $"on a {(DayOfWeek)(((int)value + 1) % 7)}",
        CalendarPart.MonthDay => $"on day {value:0} of the month",
        CalendarPart.Month => $"in {CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(Math.Clamp((int)value, 1, 12))}",
        CalendarPart.Night => value == 1 ? "at night (00:00 to 07:00 UTC)" : "not at night (00:00 to 07:00 UTC)",
        CalendarPart.Weekend => value == 1 ? "on a weekend" : "not on a weekend",
        _ => "at this time of day",
    };

    static string Display(FeatureDefinition feature, double number) => feature switch
    {
        CalendarFeature { Part: CalendarPart.Hour } => $"{number:00}:00",
        DistanceFeature => $"{Number(number)} km",
        WindowFeature { Kind: WindowKind.SinceLast } => Duration(number),
        WindowFeature { Kind: WindowKind.FraudShare } => string.Create(CultureInfo.InvariantCulture, $"{number * 100:0.#}%"),
        _ => Number(number),
    };

    static string Duration(double seconds) => Math.Abs(seconds) switch
    {
        >= 86400 => Unit(seconds / 86400, "day"),
        >= 3600 => Unit(seconds / 3600, "hour"),
        >= 60 => Unit(seconds / 60, "minute"),
        _ => Unit(seconds, "second"),
    };

    static string Unit(double number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:0.#}") is var text && text == "1" ? $"1 {unit}" : $"{text} {unit}s";

    static string Number(double number) =>
        number == 0 || Math.Abs(number) >= 0.01 ? number.ToString("#,0.##", CultureInfo.InvariantCulture) : number.ToString("G2", CultureInfo.InvariantCulture);

    /// <summary>Two significant digits.</summary>
    static double Coarse(double number)
    {
        if (number == 0 || !double.IsFinite(number))
            return number;
        var scale = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(number))) - 1);
        return Math.Round(Math.Round(number / scale) * scale, 6);
    }

    static string Listed(IReadOnlyList<string> values) => values.Count == 1 ? values[0] : $"{string.Join(", ", values.Take(values.Count - 1))} or {values[^1]}";
}
