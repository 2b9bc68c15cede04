using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Unkey.Load;

/// <summary>What to send, how hard and for how long. Read from <c>--name value</c> pairs; an unknown or bad one is an error.</summary>
internal sealed class LoadOptions
{
    internal string Address { get; private set; } = "127.0.0.1:8080";

    internal string Label { get; private set; } = "server";

    internal string Scenario { get; private set; } = "";

    internal int Round { get; private set; }

    internal int Connections { get; set; } = 64;

    internal int Depth { get; set; } = 1;

    /// <summary>Open-loop requests a second; 0 is the closed loop.</summary>
    internal double RatePerSecond { get; private set; }

    internal bool PoissonArrivals { get; private set; }

    internal double Seconds { get; private set; } = 3;

    internal double WarmUpSeconds { get; private set; } = 1;

    internal int ServerPid { get; private set; }

    /// <summary><c>http</c>, or <c>redis</c> for GET of a random key.</summary>
    internal bool IsRedis { get; private set; }

    /// <summary>Where <c>/metrics</c> tells how much the server has allocated; empty = nobody is asked.</summary>
    internal string MetricsAddress { get; private set; } = "";

    /// <summary>Bytes of a value that <c>fill</c> stores in Redis.</summary>
    internal int ValueBytes { get; private set; } = 330;

    internal string Path { get; private set; } = "/v2/keys.verifyKey";

    internal string KeysFile { get; private set; } = "";

    internal int KeysMax { get; private set; } = int.MaxValue;

    internal string RootKey { get; private set; } = Environment.GetEnvironmentVariable("UNKEY_ROOT_KEY") ?? "";

    internal string Permissions { get; private set; } = "";

    internal string Tag { get; private set; } = "";

    /// <summary>The body, with <c>{key}</c> where the key goes; empty = a verifyKey body made of the other options.</summary>
    internal string Body { get; private set; } = "";

    internal string JsonFile { get; private set; } = "";

    internal bool RequireValid { get; private set; }

    internal int Count { get; private set; } = 1000;

    internal int Runs { get; private set; } = 11;

    internal double IdleSeconds { get; private set; } = 1;

    /// <summary>Arguments after <c>--</c>: a command to run.</summary>
    internal List<string> Command { get; } = [];

    /// <summary>
    /// Polls instead of sleeping. A sleeping generator would be late by its own wake-up in the open loop, and in both loops the server's send
    /// would pay for waking it, which a client on another machine does not ask of it.
    /// </summary>
    internal bool Spin { get; private set; } = true;

    internal bool IsOpenLoop => RatePerSecond > 0;

    internal static LoadOptions Parse(ReadOnlySpan<string> arguments)
    {
        LoadOptions options = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--")
            {
                options.Command.AddRange(arguments[(i + 1)..]);
                break;
            }

            if (name is "--poisson" or "--spin" or "--sleep" or "--require-valid")
            {
                options.PoissonArrivals |= name == "--poisson";
                options.RequireValid |= name == "--require-valid";
                options.Spin = name == "--spin" || (name != "--sleep" && options.Spin);
                continue;
            }

            if (++i == arguments.Length)
            {
                throw new FormatException($"{name}: no value");
            }

            options.Set(name, arguments[i]);
        }

        return options;
    }

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--address": Address = value; break;
            case "--label": Label = value; break;
            case "--scenario": Scenario = value; break;
            case "--round": Round = Whole(name, value, 0, 1_000_000); break;
            case "--connections": Connections = Whole(name, value, 1, 100_000); break;
            case "--depth": Depth = Whole(name, value, 1, 1024); break;
            case "--rate": RatePerSecond = Real(name, value, 0, 10_000_000); break;
            case "--seconds": Seconds = Real(name, value, 0.01, 86_400); break;
            case "--warm-up": WarmUpSeconds = Real(name, value, 0, 3600); break;
            case "--pid": ServerPid = Whole(name, value, 1, int.MaxValue); break;
            case "--protocol": IsRedis = Choice(name, value, "http", "redis") == 1; break;
            case "--metrics": MetricsAddress = value; break;
            case "--value-bytes": ValueBytes = Whole(name, value, 64, 4096); break;
            case "--path": Path = value; break;
            case "--keys": KeysFile = value; break;
            case "--keys-max": KeysMax = Whole(name, value, 1, int.MaxValue); break;
            case "--root-key": RootKey = value; break;
            case "--root-key-file": RootKey = File.ReadAllText(value).Trim(); break;
            case "--permissions": Permissions = value; break;
            case "--tag": Tag = value; break;
            case "--body": Body = value; break;
            case "--json": JsonFile = value; break;
            case "--count": Count = Whole(name, value, 1, 100_000_000); break;
            case "--runs": Runs = Whole(name, value, 1, 10_000); break;
            case "--idle": IdleSeconds = Real(name, value, 0, 3600); break;
            default: throw new FormatException($"{name}: unknown option");
        }
    }

    private static int Choice(string name, string value, params ReadOnlySpan<string> choices)
    {
        int index = choices.IndexOf(value);
        return index >= 0 ? index : throw new FormatException($"{name}: '{value}' is none of {string.Join(", ", choices)}");
    }

    private static int Whole(string name, string value, int least, int most)
    {
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name}: '{value}' is not a whole number from {least} to {most}");
    }

    private static double Real(string name, string value, double least, double most)
    {
        return double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) &&
            number >= least && number <= most
            ? number
            : throw new FormatException($"{name}: '{value}' is not a number from {least} to {most}");
    }
}
