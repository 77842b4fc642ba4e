using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Configuration;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>One small model of generated payments, trained once for all tests that need any model.</summary>
static class TrainedModel
{
    /// <summary>So many frauds that small histories have enough of them.</summary>
    public const double FraudShare = 0.03;

    static readonly Lazy<ScoringModel> Made = new(() =>
    {
        using var folder = new TemporaryFolder();
        return Train(new LocalModels(folder, TimeProvider.System));
    });

    public static ScoringModel Loaded => Made.Value;

    public static TransactionSchema Schema { get; } = SchemaFile.Read(PaymentGenerator.SchemaName);

    public static ModelSettings Settings(params string[] set) => SettingsOf.Set(["model.trees=30", .. set]).Model;

    public static GeneratorSettings Generator(int seed) => new() { Seed = seed, FraudShare = FraudShare };

    public static ScoringModel Train(LocalModels local, int seed = 1, params string[] set) => WorkProgress.Run(progress =>
    {
        var trainer = new Trainer(Settings(set), local, progress, TimeProvider.System);
        var (model, why) = trainer.Train(new GeneratedHistory(Generator(seed), 6_000, Schema), default);
        return model ?? throw new InvalidOperationException(why);
    });

    /// <summary>Puts the model into service in a data folder, as if it had been trained there.</summary>
    public static void PutInService(string dataFolder, TimeProvider? time = null)
    {
        var local = new LocalModels(dataFolder, time ?? TimeProvider.System);
        ModelArtifact.Write(Directory.CreateDirectory(local.Directory).FullName, Loaded);
        local.Promote(Loaded.Version, "a test's");
    }
}
