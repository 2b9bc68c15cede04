using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>The strict profile written down slowly: byte by byte to the lines, then one regular expression a rule. It shares no
/// code with the parser. Its flaws are switches, to show that a comparison with it finds them.</summary>
internal sealed partial class ReferenceParser(HttpLimits limits, bool acceptsBareLineFeed = false, bool skipsSpaceBeforeColon = false)
{
    private const string Token = @"[!#$%&'*+\-.^_`|~0-9A-Za-z]";
    private const string Host = @"(?:(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+|\[[0-9A-Fa-f:.]{2,}\])";

    /// <summary>What is to be compared: everything on success, the status code on refusal.</summary>
    public string Parse(byte[] input)
    {
        string text = Encoding.Latin1.GetString(input)[..Math.Min(input.Length, limits.HeadBytesMax)];
        string outcome = ParseWindow(text);
        return outcome == "NeedMoreData" && input.Length >= limits.HeadBytesMax ? "Rejected 431" : outcome;
    }

    private string ParseWindow(string text)
    {
        int position = 0;
        int empty = 0;
        string? line;
        string? fault;
        while (true)
        {
            (line, fault) = ReadLine(text, ref position, limits.RequestLineBytesMax, isRequestLine: true);
            if (line is null)
            {
                return fault!;
            }

            if (line.Length > 0)
            {
                break;
            }

            if (++empty > 2)
            {
                return "Rejected 400";
            }
        }

        Match request = RequestLineRegex().Match(line);
        if (!request.Success)
        {
            return UnsupportedVersionRegex().IsMatch(line) ? "Rejected 505" : "Rejected 400";
        }

        if (ParseTarget(request.Groups["method"].Value, request.Groups["target"].Value) is not (string path, string query))
        {
            return "Rejected 400";
        }

        var fields = new List<(string Name, string Value)>();
        while (true)
        {
            (line, fault) = ReadLine(text, ref position, limits.FieldLineBytesMax, isRequestLine: false);
            if (line is null)
            {
                return fault!;
            }

            if (line.Length == 0)
            {
                return Judge(request, path, query, fields, position);
            }

            Match field = (skipsSpaceBeforeColon ? LenientFieldRegex() : FieldRegex()).Match(line);
            if (!field.Success)
            {
                return "Rejected 400";
            }

            if (fields.Count == limits.FieldsMax)
            {
                return "Rejected 431";
            }

            fields.Add((field.Groups["name"].Value, field.Groups["value"].Value.Trim(' ', '\t')));
        }
    }

    private (string? Line, string? Fault) ReadLine(string text, ref int position, int max, bool isRequestLine)
    {
        int start = position;
        for (int i = start; ; i++)
        {
            if (i == text.Length)
            {
                return (null, "NeedMoreData");
            }

            char c = text[i];
            if (acceptsBareLineFeed && c == '\n')
            {
                position = i + 1;
                return (text[start..i], null);
            }

            if (c == '\r' && i + 1 == text.Length)
            {
                return (null, "NeedMoreData");
            }

            if (c == '\r' && text[i + 1] == '\n')
            {
                position = i + 2;
                return (text[start..i], null);
            }

            if ((c < ' ' && c != '\t') || c == '\x7f')
            {
                return (null, "Rejected 400");
            }

            if (i - start == max)
            {
                // The method is to blame when no space ends it in time.
                bool isMethod = isRequestLine && text[start..i].IndexOf(' ', StringComparison.Ordinal) is < 0 or > 32;
                return (null, isMethod && isRequestLine ? "Rejected 400" : isRequestLine ? "Rejected 414" : "Rejected 431");
            }
        }
    }

    private static (string? Path, string? Query) ParseTarget(string method, string target)
    {
        if (target.Contains('#', StringComparison.Ordinal))
        {
            return default;
        }

        if (method == "CONNECT")
        {
            return ConnectRegex().IsMatch(target) ? (string.Empty, string.Empty) : default;
        }

        if (target == "*")
        {
            return method == "OPTIONS" ? ("*", string.Empty) : default;
        }

        Match absolute = AbsoluteRegex().Match(target);
        if (absolute.Success)
        {
            target = absolute.Groups["rest"].Value;
        }
        else if (target[0] != '/')
        {
            return default;
        }

        string[] parts = target.Split('?', 2);
        return (parts[0].Length == 0 ? "/" : parts[0], parts.Length == 2 ? parts[1] : string.Empty);
    }

    private static string Judge(Match request, string path, string query, List<(string Name, string Value)> fields, int byteCount)
    {
        bool is11 = request.Groups["minor"].Value == "1";
        string[] All(string name) =>
            fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value).ToArray();
        string First(string name) => All(name).FirstOrDefault() ?? string.Empty;

        string[] hosts = All("Host");
        string[] lengths = All("Content-Length");
        string[] codings = All("Transfer-Encoding");
        List<string> options = [.. All("Connection").SelectMany(value => value.Split(',')).Select(option => option.Trim(' ', '\t'))];
        if (hosts.Length > 1 || (is11 && hosts.Length == 0) || hosts.Any(host => !HostRegex().IsMatch(host))
            || All("Authorization").Length > 1 || All("Content-Type").Length > 1 || lengths.Length > 1 || codings.Length > 1
            || (lengths.Length > 0 && codings.Length > 0) || options.Any(option => !OptionRegex().IsMatch(option)))
        {
            return "Rejected 400";
        }

        bool isChunked = codings.Length == 1;
        if (isChunked && (!is11 || !CodingRegex().IsMatch(codings[0])))
        {
            return "Rejected 400";
        }

        if (isChunked && !codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return "Rejected 501";
        }

        long length = -1;
        if (lengths.Length == 1
            && (!DigitsRegex().IsMatch(lengths[0]) || !long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture,
                out length)))
        {
            return "Rejected 400";
        }

        string[] expectations = All("Expect");
        if (expectations.Any(value => !value.Equals("100-continue", StringComparison.OrdinalIgnoreCase)))
        {
            return "Rejected 417";
        }

        bool keepAlive = !options.Contains("close", StringComparer.OrdinalIgnoreCase)
            && (is11 || options.Contains("keep-alive", StringComparer.OrdinalIgnoreCase));
        string method = request.Groups["method"].Value;
        string kind = method switch
        {
            "GET" => "Get",
            "HEAD" => "Head",
            "POST" => "Post",
            "OPTIONS" => "Options",
            "CONNECT" => "Connect",
            "TRACE" => "Trace",
            _ => "Other",
        };
        bool expect = is11 && expectations.Length > 0 && (isChunked || length > 0);
        string text = $"Done {byteCount} method={method}/{kind} target={request.Groups["target"].Value}"
            + $" path={path} query={query} 1.1={is11} keep={keepAlive}"
            + $" length={length} chunked={isChunked} expect={expect}"
            + $" auth={All("Authorization").Length > 0}:{First("Authorization")}"
            + $" type={All("Content-Type").Length > 0}:{First("Content-Type")}"
            + $" accept={First("Accept")} xff={First("X-Forwarded-For")} host={First("Host")}"
            + $" time={First("X-Test-Time")} agent={First("User-Agent")} metrics={First("X-Unkey-Metrics")}";
        return text + string.Concat(fields.Select(field => $"\n{field.Name}={field.Value}"));
    }

    [GeneratedRegex(@"\A(?<method>[!#$%&'*+\-.^_`|~0-9A-Z]{1,32}) (?<target>[\x21-\x7e]+) HTTP/1\.(?<minor>[01])\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex RequestLineRegex();

    [GeneratedRegex(@"\A[!#$%&'*+\-.^_`|~0-9A-Z]{1,32} [\x21-\x7e]+ HTTP/[0-9]\.[0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex UnsupportedVersionRegex();

    [GeneratedRegex(@"\A(?<name>" + Token + @"+):(?<value>[\t\x20-\x7e\x80-\xff]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldRegex();

    [GeneratedRegex(@"\A(?<name>" + Token + @"+)[ \t]*:(?<value>[\t\x20-\x7e\x80-\xff]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex LenientFieldRegex();

    [GeneratedRegex(@"\A" + Host + @"(?::[0-9]{0,5})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostRegex();

    [GeneratedRegex(@"\A" + Host + @":[0-9]{1,5}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ConnectRegex();

    [GeneratedRegex(@"\A[Hh][Tt][Tt][Pp][Ss]?://" + Host + @"(?::[0-9]{0,5})?(?<rest>(?:[/?].*)?)\z",
        RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex AbsoluteRegex();

    [GeneratedRegex(@"\A" + Token + @"*\z", RegexOptions.CultureInvariant)]
    private static partial Regex OptionRegex();

    [GeneratedRegex(@"\A" + Token + @"+\z", RegexOptions.CultureInvariant)]
    private static partial Regex CodingRegex();

    [GeneratedRegex(@"\A[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigitsRegex();
}
