using Microsoft.ML.Data;
using Microsoft.ML;

namespace FraudStreams.Model.Models.External;

/// <summary>How a column of a pipeline is filled from a row of features.</summary>
/// <param name="of">The input.</param>
/// <param name="type">The column's type.</param>
/// <param name="missing">One a value: what stands for a missing one; empty for texts.</param>
/// <param name="text">The text of a category's code.</param>
sealed class PipelineInput(ModelInput of, DataViewType type, double[] missing, Func<InputValue, double, string> text)
{
    public static bool CanFill(DataViewType type) => type is TextDataViewType or BooleanDataViewType
        || type is NumberDataViewType && (type == NumberDataViewType.Single || type == NumberDataViewType.Double || type == NumberDataViewType.Int32 || type == NumberDataViewType.Int64)
        || type is VectorDataViewType vector && TakesNaN(vector);

    public static bool TakesNaN(DataViewType type) =>
        (type is VectorDataViewType vector ? vector.ItemType : type) is NumberDataViewType number && (number == NumberDataViewType.Single || number == NumberDataViewType.Double);

    /// <summary>A delegate of the type that ML.NET wants for the column: ValueGetter of float, of VBuffer of float …</summary>
    /// <param name="row">Holds the features of the current row.</param>
    public Delegate Getter(double[] row) => type switch
    {
        VectorDataViewType vector when vector.ItemType == NumberDataViewType.Single => Vector(row, number => (float)number),
        VectorDataViewType => Vector(row, number => number),
        TextDataViewType => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = text(of.Values[0], row[of.Values[0].Column]).AsMemory()),
        BooleanDataViewType => (ValueGetter<bool>)((ref bool value) => value = Number(row, 0) != 0),
        _ when type == NumberDataViewType.Single => (ValueGetter<float>)((ref float value) => value = (float)Number(row, 0)),
        _ when type == NumberDataViewType.Double => (ValueGetter<double>)((ref double value) => value = Number(row, 0)),
        _ when type == NumberDataViewType.Int32 => (ValueGetter<int>)((ref int value) => value = (int)Number(row, 0)),
        _ => (ValueGetter<long>)((ref long value) => value = (long)Number(row, 0)),
    };

    ValueGetter<VBuffer<T>> Vector<T>(double[] row, Func<double, T> convert) => (ref VBuffer<T> value) =>
    {
        var editor = VBufferEditor.Create(ref value, of.Values.Length);
        for (var i = 0; i < of.Values.Length; i++)
            editor.Values[i] = convert(Number(row, i));
        value = editor.Commit();
    };

    double Number(double[] row, int index) => row[of.Values[index].Column] is var value && double.IsNaN(value) ? missing[index] : value;
}

/// <summary>The row that a pipeline reads: one after the other of a batch.</summary>
sealed class PipelineRow(DataViewSchema schema, Dictionary<int, PipelineInput> inputs, int width) : DataViewRow
{
    readonly double[] _values = new double[width];
    long _position = -1;

    public override DataViewSchema Schema => schema;

    public override long Position => _position;

    public override long Batch => 0;

    public void MoveTo(ReadOnlySpan<double> features)
    {
        features.CopyTo(_values);
        _position++;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override bool IsColumnActive(DataViewSchema.Column column) => inputs.ContainsKey(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => (ValueGetter<TValue>)inputs[column.Index].Getter(_values);
}
