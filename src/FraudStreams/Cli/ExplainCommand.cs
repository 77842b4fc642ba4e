using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Privacy;
using FraudStreams.Replay;
using FraudStreams.Topics;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`explain`: why a payment has its score.</summary>
static class ExplainCommand
{
    static readonly Argument<string> Id = new("ID") { Description = "The payment's id." };

    static readonly Option<int> Most = MostOption();

    public static Command Create()
    {
        var command = new Command(
            "explain",
            "Shows a payment's score, the model version that gave it, its threshold, and what raised the score. Features that the prediction does not carry (scoring.carry-features) are recomputed from the payments before it. Changes nothing.");
        command.Arguments.Add(Id);
        command.Options.Add(Most);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams explain f05a20e1e8ef9ce8c6e511bda6603b18",
            "fraudstreams explain f05a20e1e8ef9ce8c6e511bda6603b18 --json    # with what each feature contributes");
    }

    static Option<int> MostOption()
    {
        const int max = 1000;
        var option = new Option<int>("--most")
        {
            Description = "The number of reasons at most.",
            HelpName = "N",
            DefaultValueFactory = _ => ModelExplainer.DefaultReasons,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var value) || value is < 1 or > max))
                result.AddError($"--most is {result.Tokens[0].Value}; it must be a whole number from 1 to {max}");
        });
        return option;
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var config = call.Layers().Load();
        var settings = FraudSettings.From(config);
        CommandChecks.HasTopics(settings);
        var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
        using var stop = new StopSignals();
        var (payment, why) = await WorkProgress.RunAsync(async progress =>
        {
            using var system = ActorSystem.Create("explain", config);
            var cards = settings.Privacy.For(schema);
            await using var topics = TokenizedLog.Of(StreamTopics.Open(settings, CommandLog.Logger, TimeProvider.System), cards);
            var total = (await topics.StatusAsync(stop.Stopped)).Topics.First(topic => topic.Topic == TopicNames.Predictions).Kept;
            var step = progress.Step("looking for the payment");
            var isStored = settings.Store.ReadCounts(settings.DataDirectory).Stored > 0;
            var explanation = new PaymentExplanation(
                topics, settings.Fitting(topics, schema).Topics, schema, new LocalModels(settings.DataDirectory, TimeProvider.System),
                isStored ? () => settings.Store.Open(settings.DataDirectory, settings.Topics, schema, TimeProvider.System) : null, cards);
            var found = await explanation.ExplainAsync(call.GetValue(Id)!, call.GetValue(Most), read => step((double)read / Math.Max(1, total)), stop.Stopped);
            step(1);
            return found;
        });
        if (payment is null)
            throw new CommandFailedException(why!);
        if (call.GetValue(CommonOptions.Json))
            Console.Out.WriteLine(Json(payment));
        else
            Print(payment);
        return ExitCode.Done;
    }

    static void Print(ExplainedPayment payment)
    {
        Screen.Out.WriteLine($"payment    {payment.Id}");
        var wasAnother = payment.IsFraud != payment.Score >= payment.Threshold ? " (by the threshold that was in force then)" : "";
        Screen.Out.WriteLine($"score      {Number(payment.Score, "0.0000")}, threshold of the card {Number(payment.Threshold, "0.0000")}: {(payment.IsFraud ? "predicted a fraud" : "not predicted a fraud")}{wasAnother}");
        Screen.Out.WriteLine($"model      {payment.ModelVersion}");
        Screen.Out.WriteLine(
            $"log-odds   {Number(payment.BaseValue, "0.00")} for a payment of which nothing is known, {Number(payment.Contributions.Sum(pair => pair.Value), "+0.00;-0.00")} by all its features{(payment.Calibration == CalibrationMethod.None ? "" : $"; calibrated after that ({payment.Calibration})")}");
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("what raises the score").AddColumn(new TableColumn("log-odds").RightAligned());
        foreach (var reason in payment.Reasons)
            table.AddRow(Markup.Escape(reason.Text), Number(reason.LogOdds, "+0.00"));
        if (payment.Reasons.Count == 0)
            table.AddRow("nothing", "");
        Screen.Out.Write(table);
        if (!payment.Recorded)
            Screen.Out.WriteLine($"The topic no longer has the prediction: {payment.ModelVersion}, the version in service, has scored the stored payment now.");
        else if (payment.Recomputed is { } recomputed)
            Screen.Out.WriteLine($"Recomputed from what is left of its history the score is {Number(recomputed, "0.0000")}: the reasons are about that one.");
    }

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    static string Json(ExplainedPayment payment)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("id", payment.Id);
            json.WriteNumber("score", payment.Score);
            json.WriteNumber("prediction", payment.IsFraud ? 1 : 0);
            json.WriteString("model_version", payment.ModelVersion);
            json.WriteNumber("threshold", payment.Threshold);
            json.WriteBoolean("recorded", payment.Recorded);
            if (payment.Recomputed is { } recomputed)
                json.WriteNumber("recomputed_score", recomputed);
            json.WriteString("features_from", $"{payment.FeaturesFrom}".ToLowerInvariant());
            json.WriteNumber("base_value", payment.BaseValue);
            json.WriteStartObject("contributions");
            foreach (var (feature, logOdds) in payment.Contributions)
                json.WriteNumber(feature, logOdds);
            json.WriteEndObject();
            json.WriteStartArray("reasons");
            foreach (var reason in payment.Reasons)
                reason.Write(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
