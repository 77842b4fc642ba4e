using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Tests.ModelOps.Registry;

/// <summary>A host with a folder of its own, on the embedded log of a shared one.</summary>
sealed class RegistryHost : IAsyncDisposable
{
    RegistryHost(IMessageLog topics, string folder, TimeProvider time, TimeSpan probation)
    {
        Topics = topics;
        Local = new LocalModels(folder, time);
        Registry = new ModelRegistry(topics, Local, probation, time);
    }

    /// <param name="time">With a clock of the test's, promotions are on probation for an hour.</param>
    public static RegistryHost Open(string shared, string name, TimeProvider? time = null) => new(
        StreamTopics.OpenRegistry(SettingsOf.Set() with { DataDirectory = shared }, NullLogger.Instance, TimeProvider.System), Path.Combine(shared, name), time ?? TimeProvider.System,
        time is null ? TimeSpan.Zero : TimeSpan.FromHours(1));

    public IMessageLog Topics { get; }

    public LocalModels Local { get; }

    public ModelRegistry Registry { get; }

    public ModelCard Card(string version) => ModelArtifact.Load(Local.FolderOf(version)).Card;

    public void Put(string version) => ModelArtifact.Write(
        Directory.CreateDirectory(Local.Directory).FullName, new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer));

    /// <summary>Puts the versions into service, one after the other.</summary>
    public async Task ServeAsync(params string[] versions)
    {
        foreach (var version in versions)
        {
            Put(version);
            await Registry.RegisterAsync(Card(version), "anna", "a test's", default);
            await Registry.PromoteAsync(version, "anna", "a test's", 0, default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Topics.DisposeAsync();
    }
}
