using System.Text.Json;

namespace FraudStreams.Model.Explanation;

/// <summary>Why a payment's score is higher: one source of features that raised it.</summary>
/// <param name="Code">What kind of source it is, the same in every model of the schema: <c>count:cc_num</c>, <c>value:amt</c>.</param>
/// <param name="Feature">The source's feature that raised the score most; the text is about it.</param>
/// <param name="Value">The feature's value.</param>
/// <param name="Usual">What was usual in the training rows; null if the model does not say, or the value is secret.</param>
/// <param name="LogOdds">What all features of the source add to the score, in log-odds, at least 0.01.</param>
/// <param name="Text">The reason in words, without secret values.</param>
public sealed record Reason(string Code, string Feature, ReasonValue Value, string? Usual, double LogOdds, string Text)
{
    /// <summary>Writes <c>{"code","feature","value","usual","log_odds","text"}</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("code", Code);
        json.WriteString("feature", Feature);
        json.WritePropertyName("value");
        Value.Write(json);
        json.WriteString("usual", Usual);
        json.WriteNumber("log_odds", LogOdds);
        json.WriteString("text", Text);
        json.WriteEndObject();
    }
}

/// <summary>A feature's value as a reason shows it: a number, a category, or neither if it is missing.</summary>
/// <param name="Number">NaN if the value is missing or a text.</param>
/// <param name="Text">A category, or the mask of a secret value; else null.</param>
public readonly record struct ReasonValue(double Number, string? Text = null)
{
    internal void Write(Utf8JsonWriter json)
    {
        if (Text is not null)
            json.WriteStringValue(Text);
        else if (double.IsFinite(Number))
            json.WriteNumberValue(Number);
        else
            json.WriteNullValue();
    }
}
