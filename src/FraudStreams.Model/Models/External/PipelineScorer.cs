using System.Collections.Immutable;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace FraudStreams.Model.Models.External;

/// <summary>Scores a pipeline that ML.NET saved as .zip, row by row on the calling thread.</summary>
sealed class PipelineScorer : ExternalScorer
{
    const string DefaultOutput = "Probability";

    readonly IRowToRowMapper _mapper;
    readonly DataViewSchema.Column _output;

    /// <summary>By index of the pipeline's column, what fills it.</summary>
    readonly Dictionary<int, PipelineInput> _inputs;

    /// <exception cref="ModelFormatException">The file, its inputs or its output do not fit each other.</exception>
    public PipelineScorer(ExternalModel model)
        : base(model)
    {
        var (pipeline, schema) = Open(model.File);
        if (!pipeline.IsRowToRowMapper)
            throw new ModelFormatException("a step of the pipeline looks at more than one row: a payment's score may not depend on the payments that it is scored with");
        _mapper = pipeline.GetRowToRowMapper(schema);
        _output = OutputOf(_mapper.OutputSchema);
        _inputs = model.Inputs.ToDictionary(input => (schema.GetColumnOrNull(input.Name) ?? throw new ModelFormatException($"it has no column {input.Name}; it has {Described(schema)}")).Index, InputOf);
        if (_mapper.GetDependencies([_output]).FirstOrDefault(column => !_inputs.ContainsKey(column.Index)) is { Name: { } needed })
            throw new ModelFormatException($"its {_output.Name} needs the column {needed}, and the map gives nothing for it; it has {Described(schema)}");

        PipelineInput InputOf(ModelInput input)
        {
            var type = schema[input.Name].Type;
            var width = type is VectorDataViewType vector ? vector.Size : 1;
            if (width != 0 && width != input.Values.Length)
                throw new ModelFormatException($"the map gives {input.Values.Length} features for its column {input.Name}; it has {Described(schema)}");
            if (!PipelineInput.CanFill(type))
                throw new ModelFormatException($"its column {input.Name} is of type {type}; Single, Double, Int32, Int64, Boolean, String, and vectors of Single and Double can be filled");
            if (type is TextDataViewType && input.Values[0].Texts.IsEmpty)
                throw new ModelFormatException($"its column {input.Name} is of texts, and {Model.Features[input.Values[0].Column].Name} is a number: give a text field as category, with its values");
            return new PipelineInput(
                input, type, type is TextDataViewType ? [] : [.. input.Values.Select(value => MissingOf(input.Name, value, $"{type}", PipelineInput.TakesNaN(type)))], TextOf);
        }
    }

    public static ImmutableArray<DeclaredInput> InputsOf(ReadOnlyMemory<byte> file) =>
        [.. Open(file).Schema.Select(column => new DeclaredInput(column.Name, column.Type is VectorDataViewType vector ? (vector.Size > 0 ? vector.Size : null) : 1))];

    static (ITransformer Pipeline, DataViewSchema Schema) Open(ReadOnlyMemory<byte> file)
    {
        try
        {
            var context = new MLContext(seed: 1);
            context.ComponentCatalog.RegisterAssembly(typeof(FastTreeBinaryModelParameters).Assembly);
            context.ComponentCatalog.RegisterAssembly(typeof(LightGbmBinaryModelParameters).Assembly);
            using var stream = new MemoryStream(file.ToArray(), writable: false);
            var pipeline = context.Model.Load(stream, out var schema);
            return (pipeline, schema ?? throw new ModelFormatException("the pipeline was saved without the schema of its input (Model.Save(model, data.Schema, …))"));
        }
        // ML.NET throws whatever its components do, and not of one type.
        catch (Exception e) when (e is not ModelFormatException)
        {
            throw new ModelFormatException($"it is no pipeline that ML.NET loads: {e.Message}", e);
        }
    }

    static string Described(DataViewSchema schema) => string.Join(", ", schema.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})"));

    DataViewSchema.Column OutputOf(DataViewSchema schema)
    {
        var name = Model.Output.Name ?? DefaultOutput;
        if (schema.GetColumnOrNull(name) is { } column && column.Type == NumberDataViewType.Single)
            return column;
        throw new ModelFormatException(
            $"it has no output {name} of type Single: say in the map output {{ name = NAME }}; it has {string.Join(", ", schema.Where(c => c.Type == NumberDataViewType.Single).Select(c => c.Name))}");
    }

    private protected override void ScoreRows(ReadOnlySpan<double> features, Span<double> scores)
    {
        using var row = new PipelineRow(_mapper.InputSchema, _inputs, FeatureCount);
        using var scored = _mapper.GetRow(row, [_output]);
        var score = scored.GetGetter<float>(_output);
        for (var i = 0; i < scores.Length; i++)
        {
            row.MoveTo(features.Slice(i * FeatureCount, FeatureCount));
            var value = 0f;
            score(ref value);
            scores[i] = value;
        }
    }
}
