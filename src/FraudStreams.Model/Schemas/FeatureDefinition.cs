namespace FraudStreams.Model.Schemas;

/// <summary>
/// One input of a model, as the schema defines it. FraudStreams.Model.Features computes it, for training and stream alike.
/// </summary>
public abstract record FeatureDefinition(string Name);

/// <summary>The field's value as it is.</summary>
public sealed record NumberFeature(string Name, string Field) : FeatureDefinition(Name);

/// <summary>ln(1 + value); missing at −1 and below, where there is none.</summary>
public sealed record LogFeature(string Name, string Field) : FeatureDefinition(Name);

/// <summary>
/// A text as a category. The values seen at least <paramref name="LeastCount"/> times in the training rows, the
/// <paramref name="MostCategories"/> most frequent of them, become categories 0, 1, … by falling frequency; any other value is missing.
/// </summary>
public sealed record CategoryFeature(string Name, string Field, int LeastCount, int MostCategories) : FeatureDefinition(Name)
{
    public const int DefaultLeastCount = 50;
    public const int DefaultMostCategories = 255;

    /// <summary>The trees put values into bins numbered by a byte, and one bin is for missing.</summary>
    public const int Limit = 255;
}

/// <summary>A part of a time's date or clock, in UTC as the field is read.</summary>
public sealed record CalendarFeature(string Name, string Field, CalendarPart Part) : FeatureDefinition(Name);

public enum CalendarPart
{
    /// <summary>0 to 23.</summary>
    Hour,

    /// <summary>Monday 0 to Sunday 6.</summary>
    Weekday,

    /// <summary>1 to 31.</summary>
    MonthDay,

    /// <summary>1 to 12.</summary>
    Month,

    /// <summary>1 from 00:00 up to, not including, 07:00 (the Fraud Detection Handbook's TX_DURING_NIGHT); else 0.</summary>
    Night,

    /// <summary>1 on Saturday and Sunday, else 0.</summary>
    Weekend,

    /// <summary>Sine of the time of day as an angle, minutes included, so that 23:59 lies beside 00:00.</summary>
    HourSin,

    /// <summary>Cosine of the same angle.</summary>
    HourCos,
}

/// <summary>Years (of 365.2425 days) from a birth to the time of the payment.</summary>
public sealed record AgeFeature(string Name, string Field) : FeatureDefinition(Name);

/// <summary>Great-circle distance in kilometres between two points given in degrees.</summary>
public sealed record DistanceFeature(string Name, string Latitude, string Longitude, string ToLatitude, string ToLongitude)
    : FeatureDefinition(Name);

/// <summary>
/// Numerator by denominator; missing where the denominator is 0. Each is a field or, where there is none of that name, a feature defined
/// before this one.
/// </summary>
public sealed record RatioFeature(string Name, string Numerator, string Denominator) : FeatureDefinition(Name);

/// <summary>One field less another; either may be an earlier feature, as in <see cref="RatioFeature"/>.</summary>
public sealed record DifferenceFeature(string Name, string Field, string Less) : FeatureDefinition(Name);
