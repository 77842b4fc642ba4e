using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features;

/// <summary>
/// One feature, bound to the indices of its fields. It reads only its own row: the values of window features are already in the row
/// (<see cref="TransactionRows.WindowValue"/>).
/// </summary>
abstract class Feature
{
    /// <summary>The feature's value for one row; NaN if it is missing, never infinite.</summary>
    internal abstract double Of(TransactionRows rows, int row);

    internal static Feature Create(
        TransactionSchema schema,
        FeatureDefinition definition,
        ImmutableDictionary<string, ImmutableArray<string>> categories,
        IReadOnlyDictionary<string, Feature> earlier) =>
        definition switch
        {
            NumberFeature f => new NumberValue(schema.IndexOf(f.Field)),
            LogFeature f => new LogValue(schema.IndexOf(f.Field)),
            CategoryFeature f => new CategoryCode(schema.IndexOf(f.Field), new Utf8Names(categories[f.Name])),
            CalendarFeature f => new CalendarValue(schema.IndexOf(f.Field), f.Part),
            AgeFeature f => new AgeInYears(schema.IndexOf(f.Field), schema.TimeField),
            DistanceFeature f => new DistanceInKilometres(
                schema.IndexOf(f.Latitude), schema.IndexOf(f.Longitude), schema.IndexOf(f.ToLatitude), schema.IndexOf(f.ToLongitude)),
            RatioFeature f => new Ratio(Operand(schema, f.Numerator, earlier), Operand(schema, f.Denominator, earlier)),
            DifferenceFeature f => new Difference(Operand(schema, f.Field, earlier), Operand(schema, f.Less, earlier)),
            WindowFeature f => new WindowValue(schema.WindowFeatures.IndexOf(f)),
            _ => throw new ArgumentException($"Feature {definition.Name} is of a kind that cannot be computed.", nameof(definition)),
        };

    /// <summary>The value of the field of that name or, if there is none, an earlier feature.</summary>
    static Feature Operand(TransactionSchema schema, string name, IReadOnlyDictionary<string, Feature> earlier) =>
        schema.IndexOf(name) is >= 0 and var field ? new NumberValue(field) : earlier[name];

    static double FiniteOrMissing(double value) => double.IsFinite(value) ? value : double.NaN;

    sealed class NumberValue(int field) : Feature
    {
        internal override double Of(TransactionRows rows, int row) => rows.Number(row, field);
    }

    sealed class LogValue(int field) : Feature
    {
        internal override double Of(TransactionRows rows, int row) => FiniteOrMissing(double.LogP1(rows.Number(row, field)));
    }

    sealed class Ratio(Feature numerator, Feature denominator) : Feature
    {
        internal override double Of(TransactionRows rows, int row) => FiniteOrMissing(numerator.Of(rows, row) / denominator.Of(rows, row));
    }

    sealed class Difference(Feature from, Feature less) : Feature
    {
        internal override double Of(TransactionRows rows, int row) => FiniteOrMissing(from.Of(rows, row) - less.Of(rows, row));
    }

    sealed class WindowValue(int window) : Feature
    {
        internal override double Of(TransactionRows rows, int row) => rows.WindowValue(row, window);
    }

    sealed class CategoryCode(int field, Utf8Names codes) : Feature
    {
        internal override double Of(TransactionRows rows, int row) =>
            codes.Find(rows.Text(row, field)) is >= 0 and var code ? code : double.NaN;
    }

    sealed class AgeInYears(int born, int at) : Feature
    {
        const double MillisecondsAYear = 365.2425 * 24 * 60 * 60 * 1000;

        internal override double Of(TransactionRows rows, int row) => (rows.Number(row, at) - rows.Number(row, born)) / MillisecondsAYear;
    }

    sealed class CalendarValue(int field, CalendarPart part) : Feature
    {
        const double MillisecondsADay = 24 * 60 * 60 * 1000;

        internal override double Of(TransactionRows rows, int row)
        {
            if (rows.Time(row, field) is not { } milliseconds)
                return double.NaN;
            var time = DateTime.UnixEpoch.AddTicks(milliseconds * TimeSpan.TicksPerMillisecond);
            return part switch
            {
                CalendarPart.Hour => time.Hour,
                CalendarPart.Weekday => ((int)time.DayOfWeek + 6) % 7,
                CalendarPart.MonthDay => time.Day,
                CalendarPart.Month => time.Month,
                CalendarPart.Night => time.Hour <= 6 ? 1 : 0,
                CalendarPart.Weekend => time.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1 : 0,
                CalendarPart.HourSin => Math.Sin(2 * Math.PI * time.TimeOfDay.TotalMilliseconds / MillisecondsADay),
                _ => Math.Cos(2 * Math.PI * time.TimeOfDay.TotalMilliseconds / MillisecondsADay),
            };
        }
    }

    /// <summary>Haversine formula on a sphere with the Earth's mean radius (IUGG R1); within 0.6 % of the ellipsoid.</summary>
    sealed class DistanceInKilometres(int latitude, int longitude, int toLatitude, int toLongitude) : Feature
    {
        const double EarthRadius = 6371.0088;
        const double Degree = Math.PI / 180;

        internal override double Of(TransactionRows rows, int row)
        {
            double from = rows.Number(row, latitude), to = rows.Number(row, toLatitude);
            var north = Math.Sin((to - from) * Degree / 2);
            var east = Math.Sin((rows.Number(row, toLongitude) - rows.Number(row, longitude)) * Degree / 2);
            var haversine = (north * north) + (Math.Cos(from * Degree) * Math.Cos(to * Degree) * east * east);
            return 2 * EarthRadius * Math.Asin(Math.Sqrt(Math.Clamp(haversine, 0, 1)));
        }
    }
}
