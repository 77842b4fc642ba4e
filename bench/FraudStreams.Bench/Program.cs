using FraudStreams.Bench;

switch (args)
{
    case ["topics", .. var rest]:
        await TopicsBench.RunAsync(rest);
        return 0;
    default:
        Console.Error.WriteLine("what to measure: topics [folder]");
        return 2;
}
