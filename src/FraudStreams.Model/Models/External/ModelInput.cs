using System.Collections.Immutable;

namespace FraudStreams.Model.Models.External;

/// <summary>An input of a model that a runtime of its own scores: a tensor of ONNX, or a column of an ML.NET pipeline.</summary>
/// <param name="Name">Its name in the model.</param>
/// <param name="Values">What its values are, in the order in which they stand in a row of it.</param>
public sealed record ModelInput(string Name, ImmutableArray<InputValue> Values);

/// <summary>A value of an input.</summary>
/// <param name="Column">Index of the plan's column that it is.</param>
/// <param name="Texts">For a category its texts by code, for inputs of texts; empty for a number.</param>
/// <param name="Missing">What stands in place of a missing value, as a number or text; null for NaN, and in an input of texts for "".</param>
public sealed record InputValue(int Column, ImmutableArray<string> Texts, string? Missing);

/// <summary>What a model's score is.</summary>
/// <param name="Name">The output's name; null where only one can be meant.</param>
/// <param name="Class">The class whose probability it is, as the model names or numbers it; null for 1.</param>
/// <param name="IsLogOdds">Whether it is in log-odds; else a probability.</param>
public sealed record ModelOutput(string? Name, string? Class, bool IsLogOdds);

/// <summary>An input as a model's file describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Width">Number of values in a row; null where any number will do.</param>
public sealed record DeclaredInput(string Name, int? Width);
