using System.Collections.Immutable;
using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Hosting;

/// <summary>What a stream is started with.</summary>
/// <param name="Schema">What a transaction is.</param>
/// <param name="Layers">Where the settings came from; rates are read from there again while the stream runs.</param>
public sealed record StreamOptions(FraudSettings Settings, TransactionSchema Schema, ScoringModel? Model, ConfigLayers Layers)
{
    /// <summary>The version in service; null where this process does not score. Known when the stream starts: the page is there before, and a first one may have to be trained.</summary>
    public ScoringModel? Model { get; set; } = Model;

    /// <summary>The settings as they were read at the start, by their paths.</summary>
    public ImmutableDictionary<string, string> Started { get; } = ConfigReloader.SettingsOf(Layers);
}
