using FraudStreams.Bench;

switch (args)
{
    case ["topics", .. var rest]:
        await TopicsBench.RunAsync(rest);
        return 0;
    case ["store", var predictions, .. var rest]:
        await StoreBench.RunAsync(predictions, rest);
        return 0;
    case ["spine", var csv, var model, .. var rest]:
        SpineBench.Run(csv, model, rest);
        return 0;
    case ["by-hand", var csv, var model, var data]:
        await ByHand.RunAsync(csv, model, data);
        return 0;
    case ["kafka", var csv, var model, var servers, .. var rest]:
        await KafkaBench.RunAsync(csv, model, servers, rest);
        return 0;
    case ["kafka-hosts", var csv, var model, var servers, var postgres, .. var rest]:
        await KafkaHostsBench.RunAsync(csv, model, servers, postgres, rest);
        return 0;
    case ["kafka-by-hand", var model, var servers, var prefix]:
        KafkaByHand.Run(model, servers, prefix);
        return 0;
    case ["foreign", var csv, var model, .. var rest]:
        await ForeignBench.RunAsync(csv, model, rest);
        return 0;
    case ["guess", var folder]:
        GuessBench.Run(folder);
        return 0;
    case ["reading", var csv]:
        ReadingBench.Run(csv, "cards", most: 200_000);
        return 0;
    case ["windows", .. var options]:
        WindowsBench.Run(options is [var cards, ..] ? int.Parse(cards) : 1000, options is [_, var days] ? int.Parse(days) : 30);
        return 0;
    case ["history", var csv, .. var schema]:
        await HistoryBench.RunAsync(csv, schema is [var named] ? named : "cards");
        return 0;
    case ["history-stream", var train, var later, .. var options]:
        HistoryStreamBench.Run(train, later, options is [var rounds] ? int.Parse(rounds) : 3);
        return 0;
    case ["matrix", var csv, var matrix, .. var schema]:
        MatrixExport.Run(csv, matrix, schema is [var name] ? name : "cards");
        return 0;
    case ["training", var matrix, .. var options]:
        TrainingBench.Run(matrix, options);
        return 0;
    case ["models", var later, var earlier, .. var folders]:
        ModelsBench.Run(later, earlier, folders);
        return 0;
    case ["scoring", var matrix, .. var options]:
        ScoringBench.Run(matrix, options);
        return 0;
    case ["reasons", var matrix, .. var options]:
        ReasonsBench.Run(matrix, options);
        return 0;
    case ["api", var address, var csv, .. var options]:
        ApiBench.Run(address, csv, options);
        return 0;
    case ["siege", var address, var csv, .. var options]:
        return await SiegeBench.RunAsync(address, csv, options);
    case ["telemetry", var program, var csv, var model, .. var rest]:
        await TelemetryBench.RunAsync(program, csv, model, rest);
        return 0;
    case ["training-beside", var csv, .. var options]:
        TrainingBesideBench.Run(csv, options);
        return 0;
    case ["latency", var csv, var model, .. var options]:
        await LatencyBench.MeasureAsync(csv, model, options);
        return 0;
    case ["beside", var csv, var model, .. var options]:
        await BesideBench.MeasureAsync(csv, model, options);
        return 0;
    case ["gate", .. var options]:
        GateBench.Run(options);
        return 0;
    case ["drift", .. var options]:
        DriftBench.Run(options);
        return 0;
    case ["alerts", .. var options]:
        await AlertsBench.MeasureAsync(options);
        return 0;
    case ["drift-cost", var program, var csv, var model, .. var rest]:
        await DriftCostBench.RunAsync(program, csv, model, rest);
        return 0;
    case ["views", .. var options]:
        await ViewsBench.RunAsync(options);
        return 0;
    case ["viewers", var program, var csv, var model, .. var rest]:
        await ViewersBench.RunAsync(program, csv, model, rest);
        return 0;
    case ["loop", var csv, var schema, var folder, .. var options]:
        await CandidateLoopBench.RunAsync(csv, schema, folder, options);
        return 0;
    default:
        Console.Error.WriteLine(
            """
            usage:
              topics [folder]
              foreign payments.csv model-folder [rounds=3] [payments=200000] [kafka=broker:port]
              guess folder
              store predictions.ndjson [folder | "Host=…"]
              reading payments.csv
              spine payments.csv model-folder [rounds]
              history payments.csv [schema]
              history-stream train.csv later.csv [rounds]
              kafka payments.csv model-folder broker:port [rounds] [schema]
              kafka-hosts payments.csv model-folder broker:port "Host=…;Username=…;Password=…" [schema]
              matrix payments.csv features.fsm [schema]
              windows [cards] [days]
              training features.fsm [trees=100] …
              models later.csv earlier.csv version-folder…
              scoring features.fsm [trees=200] …
              reasons features.fsm [trees=200] …
              api 127.0.0.1:8080 payments.csv [seconds] [connections]
              siege 127.0.0.1:8080 payments.csv [requests=100000] [idle=9000]
              telemetry published-program payments.csv model-folder [rounds=5] [share=1%]
              latency payments.csv model-folder [rates=100,1000,…] [seconds=20] [kafka=broker:port] [chart=file.svg]
              beside payments.csv model-folder [rate=5000] [seconds=10] [rounds=2] [singles=500] [hundreds=20] [connections=16] [key=value …]
              training-beside payments.csv [rounds=9] [payments=400000] [schema=cards] [program=FraudStreams.dll]
              gate [seeds=200] [days=60] [payments=1000] [noise=80] [every=1]
              drift [handbook-transactions.csv] [seeds=20] [payments=500] [faults=2] [key=value …]
              alerts [alerts=2000] [rounds=3] [key=value …]
              drift-cost published-program payments.csv model-folder [rounds=9]
              views [payments=10000000] [rounds=20] [folder=DIR] ["Host=…;Username=…;Password=…"]
              viewers published-program payments.csv model-folder [rounds=5] [viewers=10] [rate=20000/s]
              loop payments.csv schema folder [learnt-days=14] [days=180] [key=value …]
            """);
        return 2;
}
