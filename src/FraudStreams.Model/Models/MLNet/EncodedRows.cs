using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace FraudStreams.Model.Models.MLNet;

/// <summary>
/// Training rows as ML.NET takes them, one sparse vector a row, encoded while they are read. A number has two places, for its value and for whether it is
/// missing, a category one for each known code.
/// </summary>
sealed class EncodedRows
{
    public const string Label = nameof(Row.Label);
    public const string Features = nameof(Row.Features);

    sealed class Row
    {
        public bool Label { get; set; }

        public VBuffer<float> Features { get; set; }
    }

    readonly LinearEncoding[] _encodings;
    readonly bool _standardised;
    readonly CancellationToken _cancellationToken;

    /// <param name="encodings">Where each feature's places are.</param>
    /// <param name="standardised">Whether numbers have mean 0 and deviation 1, and missing ones no value; else they are as they are, and missing ones the mean.</param>
    /// <param name="cancellationToken">Stops whoever reads.</param>
    public EncodedRows(LinearEncoding[] encodings, bool standardised, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _encodings = encodings;
        _standardised = standardised;
        Width = encodings.Sum(encoding => encoding.Slots);
    }

    public int Width { get; }

    public IDataView Of(MLContext context, TrainingSet set)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[Features].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Width);
        return context.Data.LoadFromEnumerable(Rows(set), schema);
    }

    IEnumerable<Row> Rows(TrainingSet set)
    {
        for (var row = 0; row < set.Rows; row++)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            yield return new Row { Label = set.Labels.Span[row] == 1, Features = Encode(set.Values.Span.Slice(row * _encodings.Length, _encodings.Length)) };
        }
    }

    VBuffer<float> Encode(ReadOnlySpan<double> row)
    {
        var (indices, values, count) = (new int[row.Length * 2], new float[row.Length * 2], 0);
        for (var feature = 0; feature < row.Length; feature++)
        {
            var encoding = _encodings[feature];
            if (_standardised || encoding.Codes is not null)
            {
                var (slot, value) = encoding.Encode(row[feature]);
                if (slot >= 0)
                    (indices[count], values[count++]) = (slot, (float)value);
                continue;
            }

            var isMissing = double.IsNaN(row[feature]);
            (indices[count], values[count++]) = (encoding.Slot, (float)(isMissing ? encoding.Mean : row[feature]));
            if (isMissing)
                (indices[count], values[count++]) = (encoding.Slot + 1, 1);
        }

        return new VBuffer<float>(Width, count, values, indices);
    }
}
