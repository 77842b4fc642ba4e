using System.Collections.Immutable;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace FraudStreams.Model.Models.External;

/// <summary>
/// Scores an ONNX graph by ONNX Runtime, on the calling thread. Rows are scored in blocks of one size, the last one filled up: a kernel may sum in another order
/// for another number of rows, and a row's score must have the same bits in every batch.
/// </summary>
sealed class OnnxScorer : ExternalScorer
{
    const int BlockRows = 64;

    /// <param name="Missing">One a value, for inputs of numbers.</param>
    sealed record Input(ModelInput Of, TensorElementType Type, int Rank, double[] Missing);

    readonly InferenceSession _session;
    readonly Input[] _inputs;
    readonly string[] _inputNames;
    readonly string[] _output;
    readonly bool _isSequence;
    readonly int _blockRows;

    /// <exception cref="ModelFormatException">The file, its inputs or its output do not fit each other.</exception>
    public OnnxScorer(ExternalModel model)
        : base(model)
    {
        _session = Open(model.File);
        if (Model.Inputs.Select(input => input.Name).FirstOrDefault(name => !_session.InputMetadata.ContainsKey(name)) is { } unknown)
            throw new ModelFormatException($"it has no input {unknown}; it has {Described()}");
        if (_session.InputMetadata.Keys.FirstOrDefault(name => Model.Inputs.All(input => input.Name != name)) is { } left)
            throw new ModelFormatException($"the map gives nothing for its input {left}; it has {Described()}");
        _inputs = [.. Model.Inputs.Select(InputOf)];
        _inputNames = [.. Model.Inputs.Select(input => input.Name)];
        int[] rows = [.. Model.Inputs.Select(input => _session.InputMetadata[input.Name].Dimensions[0]).Where(fixedRows => fixedRows > 0).Distinct()];
        _blockRows = rows switch
        {
            [] => BlockRows,
            [var one] => one,
            _ => throw new ModelFormatException($"its inputs take different numbers of rows: {Described()}"),
        };
        (_output, _isSequence) = OutputOf();
    }

    public static ImmutableArray<DeclaredInput> InputsOf(ReadOnlyMemory<byte> file)
    {
        using var session = Open(file);
        return [.. session.InputNames.Select(name => new DeclaredInput(name, session.InputMetadata[name].Dimensions is [_, var width] ? (width > 0 ? width : null) : 1))];
    }

    static InferenceSession Open(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var options = new SessionOptions
            {
                // Batches of several partitions are scored at once, each on a thread of its own; and the order of sums stays the same.
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            return new InferenceSession(file.ToArray(), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelFormatException($"it is no ONNX model that ONNX Runtime {typeof(InferenceSession).Assembly.GetName().Version?.ToString(3)} loads: {e.Message}", e);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            throw new ModelFormatException($"ONNX Runtime's native library does not load on this machine ({e.GetBaseException().Message})", e);
        }
    }

    Input InputOf(ModelInput input)
    {
        var metadata = _session.InputMetadata[input.Name];
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || metadata.Dimensions.Length is not (1 or 2))
            throw new ModelFormatException($"its input {input.Name} is no tensor of rows or of rows and columns; it has {Described()}");
        var type = metadata.ElementDataType;
        if (type is not (TensorElementType.Float or TensorElementType.Double or TensorElementType.Int64 or TensorElementType.Int32 or TensorElementType.String))
            throw new ModelFormatException($"its input {input.Name} is of type {type}; Float, Double, Int64, Int32 and String can be filled");
        if (metadata.Dimensions is [_, var width] && width > 0 ? width != input.Values.Length : metadata.Dimensions.Length == 1 && input.Values.Length != 1)
            throw new ModelFormatException($"the map gives {input.Values.Length} features for its input {input.Name}; it has {Described()}");
        if (type == TensorElementType.String && input.Values.FirstOrDefault(value => value.Texts.IsEmpty) is { } number)
            throw new ModelFormatException($"its input {input.Name} is of texts, and {Model.Features[number.Column].Name} is a number: give a text field as category, with its values");
        return new Input(input, type, metadata.Dimensions.Length, type == TensorElementType.String ? [] : [.. input.Values.Select(value => MissingOf(input.Name, value, $"{type}", takesNaN: type is TensorElementType.Float or TensorElementType.Double))]);
    }

    string Described() => string.Join(", ", _session.InputMetadata.Select(input =>
        $"{input.Key} ({input.Value.ElementDataType}[{string.Join(',', input.Value.Dimensions.Select(d => d > 0 ? d.ToString(CultureInfo.InvariantCulture) : "?"))}])"));

    /// <summary>The probabilities: a tensor of floats, or skl2onnx's ZipMap, a sequence of maps from class to probability.</summary>
    (string[] Name, bool IsSequence) OutputOf()
    {
        string[] possible = [.. _session.OutputMetadata.Where(output => CanBeScore(output.Value)).Select(output => output.Key)];
        var name = Model.Output.Name ?? (possible is [var only] ? only : null);
        if (name is not null && possible.Contains(name))
            return ([name], _session.OutputMetadata[name].OnnxValueType == OnnxValueType.ONNX_TYPE_SEQUENCE);
        var all = string.Join(", ", _session.OutputMetadata.Select(output => $"{output.Key} ({(output.Value.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR ? output.Value.ElementDataType : output.Value.OnnxValueType)})"));
        throw new ModelFormatException(
            possible.Length == 0 ? $"none of its outputs {all} is a tensor of floats or a sequence of maps: there is no probability among them"
            : name is null ? $"{possible.Length} of its outputs {all} may be the score: say in the map output {{ name = {possible[0]} }}, or which it is"
            : $"its output {name} is none of {string.Join(", ", possible)}, which may be the score; all are {all}");
    }

    static bool CanBeScore(NodeMetadata output) => output.OnnxValueType == OnnxValueType.ONNX_TYPE_SEQUENCE
        || (output.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR && output.ElementDataType is TensorElementType.Float or TensorElementType.Double);

    private protected override void ScoreRows(ReadOnlySpan<double> features, Span<double> scores)
    {
        using var tensors = new DisposableTensors([.. _inputs.Select(input => BlockTensor.Of(input.Type, input.Rank, _blockRows, input.Of.Values.Length))]);
        using var options = new RunOptions();
        for (var start = 0; start < scores.Length; start += _blockRows)
        {
            var block = scores.Slice(start, Math.Min(_blockRows, scores.Length - start));
            var rows = features.Slice(start * FeatureCount, block.Length * FeatureCount);
            for (var input = 0; input < _inputs.Length; input++)
                Fill(tensors.All[input], _inputs[input], rows, block.Length);
            using var results = _session.Run(options, _inputNames, tensors.Values, _output);
            if (_isSequence)
                ReadMaps(results[0], block);
            else
                ReadTensor(results[0], block);
        }

        // Its finalizer frees the native session, which the last call may still use.
        GC.KeepAlive(_session);
    }

    /// <summary>Rows that a block lacks are copies of its last one.</summary>
    void Fill(BlockTensor tensor, Input input, ReadOnlySpan<double> rows, int count)
    {
        var width = input.Of.Values.Length;
        for (var row = 0; row < _blockRows; row++)
        {
            var values = rows.Slice(Math.Min(row, count - 1) * FeatureCount, FeatureCount);
            for (var i = 0; i < width; i++)
            {
                var value = values[input.Of.Values[i].Column];
                if (input.Type == TensorElementType.String)
                    tensor.Set((row * width) + i, TextOf(input.Of.Values[i], value));
                else
                    tensor.Set((row * width) + i, double.IsNaN(value) ? input.Missing[i] : value);
            }
        }
    }

    void ReadTensor(OrtValue value, Span<double> scores)
    {
        var info = value.GetTensorTypeAndShape();
        var width = info.Shape is [_, var columns] ? (int)columns : 1;
        if (info.Shape.Length is not (1 or 2) || info.ElementCount != (long)_blockRows * width)
            throw new InvalidOperationException($"The output {_output[0]} has the shape [{string.Join(',', info.Shape)}] for {_blockRows} rows; it must have a row for each, of one number or one a class.");
        var column = ColumnOf(width);
        for (var row = 0; row < scores.Length; row++)
        {
            var at = (row * width) + column;
            scores[row] = info.ElementDataType == TensorElementType.Float ? value.GetTensorDataAsSpan<float>()[at] : value.GetTensorDataAsSpan<double>()[at];
        }
    }

    int ColumnOf(int width)
    {
        if (Model.Output.Class is { } named)
            return int.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out var column) && column < width
                ? column
                : throw new InvalidOperationException($"The output {_output[0]} has {width} columns, and class {named} is the number of none; they are numbered from 0.");
        return width switch
        {
            1 => 0,
            2 => 1,
            _ => throw new InvalidOperationException($"The output {_output[0]} has {width} columns: say in the map output {{ class = NUMBER }} which is the probability of fraud, from 0."),
        };
    }

    void ReadMaps(OrtValue sequence, Span<double> scores)
    {
        var found = new double[scores.Length];
        sequence.ProcessSequence(
            (map, row) =>
            {
                if (row < found.Length)
                    map.ProcessMap((keys, values) => found[row] = Of(keys, values), OrtAllocator.DefaultInstance);
            },
            OrtAllocator.DefaultInstance);
        found.CopyTo(scores);
    }

    /// <summary>The probability of the class in a map.</summary>
    double Of(OrtValue keys, OrtValue values)
    {
        string[] classes = keys.GetTensorTypeAndShape().ElementDataType == TensorElementType.String
            ? keys.GetStringTensorAsArray()
            : [.. keys.GetTensorDataAsSpan<long>().ToArray().Select(key => key.ToString(CultureInfo.InvariantCulture))];
        var at = Array.IndexOf(classes, Model.Output.Class ?? "1");
        if (at < 0)
            throw new InvalidOperationException($"The output {_output[0]} has the classes {string.Join(", ", classes)}, and not {Model.Output.Class ?? "1"}: say in the map output {{ class = NAME }} which is fraud.");
        return values.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float ? values.GetTensorDataAsSpan<float>()[at] : values.GetTensorDataAsSpan<double>()[at];
    }
}
