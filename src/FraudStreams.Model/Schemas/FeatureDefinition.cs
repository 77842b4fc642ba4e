namespace FraudStreams.Model.Schemas;

/// <summary>
/// The definition of one feature of a schema. <see cref="Features.FeaturePlan"/> computes it, with the same code for training and the stream.
/// </summary>
/// <param name="Name">Unique among the features of the schema.</param>
public abstract record FeatureDefinition(string Name);

/// <summary>The value of a number field.</summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Field">A number or integer field.</param>
public sealed record NumberFeature(string Name, string Field) : FeatureDefinition(Name);

/// <summary>ln(1 + value); missing if the value is −1 or less.</summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Field">A number or integer field.</param>
public sealed record LogFeature(string Name, string Field) : FeatureDefinition(Name);

/// <summary>
/// The category code of a text. Of the values that occur at least <paramref name="LeastCount"/> times in the training rows, the
/// <paramref name="MostCategories"/> most frequent get codes 0, 1, … by descending frequency; any other value is missing.
/// </summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Field">A text field.</param>
/// <param name="LeastCount">Minimum count, at least 1.</param>
/// <param name="MostCategories">Maximum number of categories, 1..<see cref="Limit"/>.</param>
public sealed record CategoryFeature(string Name, string Field, int LeastCount, int MostCategories) : FeatureDefinition(Name)
{
    /// <summary>Default of <see cref="LeastCount"/>.</summary>
    public const int DefaultLeastCount = 50;
    /// <summary>Default of <see cref="MostCategories"/>.</summary>
    public const int DefaultMostCategories = 255;

    /// <summary>Highest <see cref="MostCategories"/>: the trees number bins with one byte, and one bin is for missing values.</summary>
    public const int Limit = 255;
}

/// <summary>A calendar or clock part of a time, in UTC.</summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Field">A time field.</param>
/// <param name="Part">Which part.</param>
public sealed record CalendarFeature(string Name, string Field, CalendarPart Part) : FeatureDefinition(Name);

/// <summary>The parts of a time that <see cref="CalendarFeature"/> computes.</summary>
public enum CalendarPart
{
    /// <summary>0 to 23.</summary>
    Hour,

    /// <summary>0 (Monday) to 6 (Sunday).</summary>
    Weekday,

    /// <summary>1 to 31.</summary>
    MonthDay,

    /// <summary>1 to 12.</summary>
    Month,

    /// <summary>1 from 00:00 up to but excluding 07:00 (the Fraud Detection Handbook's TX_DURING_NIGHT), else 0.</summary>
    Night,

    /// <summary>1 on Saturday and Sunday, else 0.</summary>
    Weekend,

    /// <summary>Sine of the time of day as an angle (24 h = 2π), so that 23:59 is close to 00:00. −1..1.</summary>
    HourSin,

    /// <summary>Cosine of the same angle. −1..1.</summary>
    HourCos,
}

/// <summary>Years of 365.2425 days from a date of birth to the event time of the payment.</summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Field">A time field other than the event time.</param>
public sealed record AgeFeature(string Name, string Field) : FeatureDefinition(Name);

/// <summary>
/// Great-circle distance between two points, in kilometres: the haversine formula on a sphere with the Earth's mean radius, within 0.6 % of the
/// ellipsoid.
/// </summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Latitude">A number field, in degrees.</param>
/// <param name="Longitude">A number field, in degrees.</param>
/// <param name="ToLatitude">A number field, in degrees.</param>
/// <param name="ToLongitude">A number field, in degrees.</param>
public sealed record DistanceFeature(string Name, string Latitude, string Longitude, string ToLatitude, string ToLongitude)
    : FeatureDefinition(Name);

/// <summary>
/// Numerator divided by denominator; missing if the result is not finite. Each is a number field or, if there is no field of that name, a feature
/// defined before this one.
/// </summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Numerator">A number field, or an earlier feature that is not a category.</param>
/// <param name="Denominator">A number field, or an earlier feature that is not a category.</param>
public sealed record RatioFeature(string Name, string Numerator, string Denominator) : FeatureDefinition(Name);

/// <summary>The difference of two fields or earlier features, as in <see cref="RatioFeature"/>; missing if it is not finite.</summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Field">A number field, or an earlier feature that is not a category.</param>
/// <param name="Less">What is subtracted, likewise.</param>
public sealed record DifferenceFeature(string Name, string Field, string Less) : FeatureDefinition(Name);
