using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Explanation;

/// <summary>What features are made of: those of one source are one reason.</summary>
static class FeatureSource
{
    /// <summary>
    /// The reason code of a feature's source. Windows of one kind, key and field have one source, whatever their lengths; so have a number and its
    /// logarithm, and the clock's parts of one time.
    /// </summary>
    public static string CodeOf(FeatureDefinition feature) => feature switch
    {
        NumberFeature f => $"value:{f.Field}",
        LogFeature f => $"value:{f.Field}",
        CategoryFeature f => $"category:{f.Field}",
        CalendarFeature f => $"{CodeOf(f.Part)}:{f.Field}",
        AgeFeature f => $"age:{f.Field}",
        DistanceFeature f => $"distance:{f.Name}",
        RatioFeature f => $"ratio:{f.Name}",
        DifferenceFeature f => $"difference:{f.Name}",
        WindowFeature f => $"{f.Kind.InWords()}:{(f.Of is null ? "" : $"{f.Of}:")}{string.Join('+', f.By)}",
        _ => feature.Name,
    };

    static string CodeOf(CalendarPart part) => part switch
    {
        CalendarPart.Hour or CalendarPart.Night or CalendarPart.HourSin or CalendarPart.HourCos => "time-of-day",
        CalendarPart.Weekday or CalendarPart.Weekend => "weekday",
        CalendarPart.MonthDay => "month-day",
        _ => "month",
    };
}
