using FraudStreams.Bench;

switch (args)
{
    case ["akka"]:
        await AkkaBench.RunAsync();
        return 0;
    case ["topics", .. var rest]:
        await TopicsBench.RunAsync(rest);
        return 0;
    case ["store", var predictions, .. var rest]:
        await StoreBench.RunAsync(predictions, rest);
        return 0;
    default:
        Console.Error.WriteLine("what to measure: akka | topics [folder] | store predictions.ndjson [folder]");
        return 2;
}
