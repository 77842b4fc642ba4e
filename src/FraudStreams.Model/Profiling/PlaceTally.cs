using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Profiling;

/// <summary>Counts payments by cells of degrees. A quarter of a degree makes at most a million cells; fewer, larger ones are shown.</summary>
sealed class PlaceTally
{
    const double Fine = 0.25;
    const int MostCells = 1_200;

    /// <summary>Pairs of names as data sets have them: an ending each.</summary>
    static readonly (string Latitude, string Longitude)[] s_endings = [("latitude", "longitude"), ("lat", "long"), ("lat", "lon"), ("lat", "lng")];

    readonly Dictionary<(int, int), GroupTally> _cells = [];
    readonly TransactionSchema _schema;
    readonly int _latitude;
    readonly int _longitude;

    PlaceTally(TransactionSchema schema, int latitude, int longitude) => (_schema, _latitude, _longitude) = (schema, latitude, longitude);

    /// <summary>The first pair of numbers named as coordinates that is not secret; null where there is none.</summary>
    public static PlaceTally? For(TransactionSchema schema)
    {
        for (var field = 0; field < schema.Fields.Length; field++)
        {
            foreach (var (latitude, longitude) in s_endings)
            {
                if (schema.Fields[field] is { Type: FieldType.Number, Secret: false } candidate && candidate.Name.EndsWith(latitude, StringComparison.OrdinalIgnoreCase)
                    && schema.IndexOf(candidate.Name[..^latitude.Length] + longitude) is >= 0 and var other && schema.Fields[other] is { Type: FieldType.Number, Secret: false })
                    return new PlaceTally(schema, field, other);
            }
        }

        return null;
    }

    public void Add(TransactionRows rows, int row, bool? label)
    {
        var (latitude, longitude) = (rows.Number(row, _latitude), rows.Number(row, _longitude));
        if (!(Math.Abs(latitude) <= 90 && Math.Abs(longitude) <= 180))
            return;
        var cell = ((int)Math.Floor(latitude / Fine), (int)Math.Floor(longitude / Fine));
        _cells.TryGetValue(cell, out var tally);
        tally.Add(label);
        _cells[cell] = tally;
    }

    public PlacesProfile? Profile()
    {
        if (_cells.Count == 0)
            return null;
        var (cells, side) = (_cells, 1);
        while (cells.Count > MostCells)
        {
            side *= 2;
            cells = _cells.GroupBy(cell => ((int)Math.Floor((double)cell.Key.Item1 / side), (int)Math.Floor((double)cell.Key.Item2 / side)))
                .ToDictionary(cell => cell.Key, cell => cell.Aggregate(default(GroupTally), (sum, one) => sum.With(one.Value)));
        }

        var degrees = side * Fine;
        return new PlacesProfile(
            _schema.Fields[_latitude].Name, _schema.Fields[_longitude].Name, degrees,
            [.. cells.OrderBy(cell => cell.Key).Select(cell => new PlaceCount((cell.Key.Item1 + 0.5) * degrees, (cell.Key.Item2 + 0.5) * degrees, cell.Value.Payments, cell.Value.Frauds))]);
    }
}
