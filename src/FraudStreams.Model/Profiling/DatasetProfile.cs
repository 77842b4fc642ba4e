using System.Collections.Immutable;

namespace FraudStreams.Model.Profiling;

/// <summary>Payments that have something in common, such as an hour.</summary>
/// <param name="Name">What they have in common.</param>
/// <param name="Labelled">How many have a label.</param>
/// <param name="Frauds">How many are labelled fraud.</param>
public sealed record GroupCount(string Name, long Payments, long Labelled, long Frauds)
{
    /// <summary>Of those with a label, 0..1; null where none has one.</summary>
    public double? FraudShare => Labelled == 0 ? null : (double)Frauds / Labelled;
}

/// <summary>A field of the data set.</summary>
/// <param name="Type">text, number, integer or time.</param>
/// <param name="Missing">Rows without a value.</param>
/// <param name="Distinct">Different values; null where there are more than are counted (<see cref="DatasetProfiler.MostDistinct"/>).</param>
/// <param name="Values">Of a text that is neither secret nor the id: its most frequent values; of secret fields none.</param>
/// <param name="Numbers">Of a number that is not secret; null for others, and where no row has a value.</param>
public sealed record FieldProfile(string Name, string Type, bool IsSecret, long Missing, long? Distinct, ImmutableArray<GroupCount> Values, NumberProfile? Numbers);

/// <summary>The distribution of a number.</summary>
/// <param name="Min">Over all rows, as <paramref name="Max"/> and <paramref name="Mean"/>.</param>
/// <param name="Legitimate">Of payments labelled no fraud, or without a label; null where none has a value.</param>
/// <param name="Fraud">Of payments labelled fraud; null where none has a value.</param>
/// <param name="Edges">Lower ends of the bins that shares are given of; the first and the last bin also take what lies beyond.</param>
public sealed record NumberProfile(double Min, double Max, double Mean, NumberDistribution? Legitimate, NumberDistribution? Fraud, ImmutableArray<double> Edges);

/// <summary>Quantiles and shares by bin of one kind of payments, from a sample where there are more than <see cref="DatasetProfiler.SampleRows"/> of it.</summary>
public sealed record NumberDistribution(double P1, double P25, double P50, double P75, double P99, ImmutableArray<double> Shares);

/// <summary>Rows that could not be read, by code.</summary>
/// <param name="Example">The first one's message; it holds no secret value.</param>
public sealed record RejectedCount(string Code, long Rows, string Example);

/// <summary>Rows that are there more than once; the first of each is not counted.</summary>
/// <param name="SameRow">The whole line is the same.</param>
/// <param name="SameId">Another payment had the id.</param>
/// <param name="SamePayment">Another id, but the same card (where there is one), time, amount and merchant.</param>
public sealed record DuplicateCounts(long SameRow, long SameId, long SamePayment);

/// <summary>What a person should look at.</summary>
/// <param name="Code">To count by; stable.</param>
/// <param name="Field">Null where it is about the payments as such.</param>
/// <param name="Rows">How many have it.</param>
/// <param name="Text">A sentence; no secret value stands in it.</param>
public sealed record Oddity(string Code, string? Field, long Rows, string Text);

/// <summary>Payments about a place.</summary>
/// <param name="Latitude">Of the cell's middle, in degrees.</param>
/// <param name="Longitude">Likewise.</param>
public sealed record PlaceCount(double Latitude, double Longitude, long Payments, long Frauds);

/// <summary>Where payments were.</summary>
/// <param name="LatitudeField">The fields that it is from.</param>
/// <param name="CellDegrees">Side of a cell.</param>
public sealed record PlacesProfile(string LatitudeField, string LongitudeField, double CellDegrees, ImmutableArray<PlaceCount> Cells);

/// <summary>What a data set of payments is like. Times are event times in UTC.</summary>
/// <param name="Name">The file's.</param>
/// <param name="Schema">Name of the schema that it was read by.</param>
/// <param name="All">All payments that could be read.</param>
/// <param name="From">Earliest event time; null without a payment.</param>
/// <param name="To">Latest.</param>
/// <param name="Hours">By hour, 24.</param>
/// <param name="Weekdays">By weekday, 7, from Monday.</param>
/// <param name="Periods">By days, at most some 70, without gaps.</param>
/// <param name="DaysInPeriod">Length of a period.</param>
/// <param name="Amounts">By ranges of the amount, ascending.</param>
/// <param name="Cards">The cards of most payments, masked; empty where there are none, or too many to count.</param>
/// <param name="Places">Null where no pair of fields that is not secret has places.</param>
public sealed record DatasetProfile(
    string Name, string Schema, GroupCount All, DateTimeOffset? From, DateTimeOffset? To, ImmutableArray<RejectedCount> Rejected, DuplicateCounts Duplicates,
    ImmutableArray<Oddity> Oddities, ImmutableArray<FieldProfile> Fields, ImmutableArray<GroupCount> Hours, ImmutableArray<GroupCount> Weekdays,
    ImmutableArray<GroupCount> Periods, int DaysInPeriod, ImmutableArray<GroupCount> Amounts, ImmutableArray<GroupCount> Cards, PlacesProfile? Places);
