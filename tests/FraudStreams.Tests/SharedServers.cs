using System.Collections.Concurrent;
using System.Reflection;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("FraudStreams.Tests.SharedServers", "FraudStreams.Tests")]

namespace FraudStreams.Tests;

/// <summary>xUnit's framework, which also stops the servers that test classes share once the last test has run.</summary>
public sealed class SharedServers(IMessageSink messages) : XunitTestFramework(messages)
{
    static readonly ConcurrentBag<IAsyncLifetime> s_started = [];

    /// <summary>Starts a server. It is stopped after the last test, also where it did not start to the end.</summary>
    internal static async Task<T> StartAsync<T>(T server) where T : IAsyncLifetime
    {
        s_started.Add(server);
        await server.InitializeAsync();
        return server;
    }

    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    sealed class Executor(AssemblyName assembly, ISourceInformationProvider sources, IMessageSink messages)
        : XunitTestFrameworkExecutor(assembly, sources, messages)
    {
        /// <summary>xUnit calls it so and is told of the end by messages; the runner turns what fails into messages too.</summary>
        protected override async void RunTestCases(IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
        {
            using var runner = new Runner(TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync();
        }
    }

    sealed class Runner(
        ITestAssembly assembly, IEnumerable<IXunitTestCase> testCases, IMessageSink messages, IMessageSink execution, ITestFrameworkExecutionOptions options)
        : XunitTestAssemblyRunner(assembly, testCases, messages, execution, options)
    {
        protected override async Task BeforeTestAssemblyFinishedAsync()
        {
            foreach (var server in s_started)
                await Aggregator.RunAsync(server.DisposeAsync);
            await base.BeforeTestAssemblyFinishedAsync();
        }
    }
}
