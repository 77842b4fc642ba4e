using FraudStreams.Cli;

return await CommandLine.RunAsync(args);
