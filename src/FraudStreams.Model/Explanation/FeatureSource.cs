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

    /// <summary>Whether a feature's value is that of a secret field, or reveals it. Counts and shares do not.</summary>
    public static bool IsSecret(TransactionSchema schema, FeatureDefinition feature) => feature switch
    {
        NumberFeature f => IsSecret(schema, f.Field),
        LogFeature f => IsSecret(schema, f.Field),
        CategoryFeature f => IsSecret(schema, f.Field),
        CalendarFeature f => IsSecret(schema, f.Field),
        RatioFeature f => IsSecret(schema, f.Numerator) || IsSecret(schema, f.Denominator),
        DifferenceFeature f => IsSecret(schema, f.Field) || IsSecret(schema, f.Less),
        WindowFeature { Kind: WindowKind.Sum or WindowKind.Mean or WindowKind.Max or WindowKind.StandardDeviation } f => IsSecret(schema, f.Of!),
        _ => false,
    };

    /// <param name="name">A field, or else an earlier feature, with all the digits that a reason would not show of it.</param>
    static bool IsSecret(TransactionSchema schema, string name) => schema.IndexOf(name) is >= 0 and var field
        ? schema.Fields[field].Secret
        : schema.Features.FirstOrDefault(feature => feature.Name == name) switch
        {
            null => false,
            AgeFeature f => IsSecret(schema, f.Field),
            DistanceFeature f => new[] { f.Latitude, f.Longitude, f.ToLatitude, f.ToLongitude }.Any(point => IsSecret(schema, point)),
            var earlier => IsSecret(schema, earlier),
        };

    static string CodeOf(CalendarPart part) => part switch
    {
        CalendarPart.Hour or CalendarPart.Night or CalendarPart.HourSin or CalendarPart.HourCos => "time-of-day",
        CalendarPart.Weekday or CalendarPart.Weekend => "weekday",
        CalendarPart.MonthDay => "month-day",
        _ => "month",
    };
}
