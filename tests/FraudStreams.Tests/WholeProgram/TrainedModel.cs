using FraudStreams.Ingest;
using FraudStreams.Ingest.Generation;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.ModelOps;
using FraudStreams.Monitoring;
using FraudStreams.Tests.Settings;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>One small model of generated payments, trained once for all tests that only need some model.</summary>
static class TrainedModel
{
    /// <summary>A share of frauds that gives small histories enough of them.</summary>
    public const double FraudShare = 0.03;

    static readonly Lazy<LoadedModel> Made = new(() =>
    {
        using var folder = new TemporaryFolder();
        return Train(new ModelShelf(folder, TimeProvider.System));
    });

    public static LoadedModel Loaded => Made.Value;

    public static TransactionSchema Schema { get; } = SchemaFile.Read(PaymentGenerator.SchemaName);

    public static ModelSettings Settings(params string[] set) => SettingsOf.Set(["model.trees=30", .. set]).Model;

    public static GeneratorSettings Generator(int seed) => new() { Seed = seed, FraudShare = FraudShare };

    public static LoadedModel Train(ModelShelf shelf, int seed = 1, params string[] set) => WorkProgress.Run(progress =>
    {
        var trainer = new Trainer(Settings(set), shelf, progress, TimeProvider.System);
        var (model, why) = trainer.Train(new GeneratedHistory(Generator(seed), 6_000, Schema), default);
        return model ?? throw new InvalidOperationException(why);
    });

    /// <summary>Puts the model into service in a data folder, as if it had been trained there.</summary>
    public static void PutInService(string dataFolder, TimeProvider? time = null)
    {
        var shelf = new ModelShelf(dataFolder, time ?? TimeProvider.System);
        ModelFolder.Write(Directory.CreateDirectory(shelf.Directory).FullName, Loaded);
        shelf.Promote(Loaded.Version, "a test's");
    }
}
