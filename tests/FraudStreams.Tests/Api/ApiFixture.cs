using FraudStreams.Tests.WholeProgram;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>One running stream with its API, for all tests of a class.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    internal StreamFolder Folder { get; } = new(payments: 3_000);

    internal RunningApi Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Api = await RunningApi.StartAsync(Folder, "batch.wait=5ms");
        await Api.ScoresAsync(ProtocolsTests.JsonOf(Folder.Input)[0]);
    }

    public async Task DisposeAsync()
    {
        await Api.DisposeAsync();
        Folder.Dispose();
    }
}
