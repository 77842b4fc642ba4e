namespace FraudStreams.Model.Schemas;

/// <summary>Which fields are secret, and which features would tell a secret.</summary>
public static class SecretFeatures
{
    /// <summary>The card is secret whether it is marked or not.</summary>
    public static bool IsSecret(this TransactionSchema schema, int field) => schema.Fields[field].Secret || field == schema.CardField;

    /// <summary>Whether a feature's value is that of a secret field, or reveals it. Counts and shares do not.</summary>
    public static bool IsSecret(this TransactionSchema schema, FeatureDefinition feature) => feature switch
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

    /// <summary>Whether it does with all its digits: reasons show whole years and coarse distances, which reveal nothing.</summary>
    public static bool IsSecretInFull(this TransactionSchema schema, FeatureDefinition feature) => feature switch
    {
        AgeFeature f => IsSecret(schema, f.Field),
        DistanceFeature f => new[] { f.Latitude, f.Longitude, f.ToLatitude, f.ToLongitude }.Any(point => IsSecret(schema, point)),
        _ => IsSecret(schema, feature),
    };

    /// <param name="name">A field, or else an earlier feature.</param>
    static bool IsSecret(TransactionSchema schema, string name) => schema.IndexOf(name) is >= 0 and var field
        ? schema.IsSecret(field)
        : schema.Features.FirstOrDefault(feature => feature.Name == name) is { } earlier && schema.IsSecretInFull(earlier);
}
