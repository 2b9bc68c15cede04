using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Unkey.Server.Hosting;

/// <summary>Reads the kinds of value that settings have. Every method returns what is wrong, or <see langword="null"/>. Any thread.</summary>
internal static class SettingText
{
    /// <summary>What <see cref="EndPoint"/> says of a text that has not the form of an address.</summary>
    public const string NoEndPoint = "is not an address such as 0.0.0.0:8080, [::]:8080 or localhost:0";

    /// <summary>Reads a whole number within bounds; digits only, no sign.</summary>
    /// <param name="text">The text.</param>
    /// <param name="min">Smallest value taken.</param>
    /// <param name="max">Largest value taken.</param>
    /// <param name="value">The number on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Count(string text, int min, int max, out int value)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return $"is not a whole number from {min} to {max}";
        }

        return value < min || value > max ? $"is outside {min} to {max}" : null;
    }

    /// <summary>Reads a size in bytes: digits and an optional suffix <c>B</c>, <c>KiB</c>, <c>MiB</c>, <c>GiB</c> (1024) or <c>kB</c>, <c>MB</c>, <c>GB</c> (1000).</summary>
    /// <param name="text">The text.</param>
    /// <param name="min">Smallest size in bytes.</param>
    /// <param name="max">Largest size in bytes.</param>
    /// <param name="bytes">The size on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Size(string text, int min, int max, out int bytes)
    {
        bytes = 0;
        (string number, string suffix) = SplitNumber(text);
        long unit = suffix.ToUpperInvariant() switch
        {
            "" or "B" => 1,
            "K" or "KIB" => 1024,
            "M" or "MIB" => 1024 * 1024,
            "G" or "GIB" => 1024 * 1024 * 1024,
            "KB" => 1000,
            "MB" => 1000 * 1000,
            "GB" => 1000 * 1000 * 1000,
            _ => 0,
        };
        if (unit == 0 || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return "is not a size such as 65536, 64KiB or 10MiB";
        }

        // Decided by division, so that no product can overflow.
        if (count > max / unit || count * unit < min)
        {
            return $"is outside {ShowSize(min)} to {ShowSize(max)}";
        }

        bytes = (int)(count * unit);
        return null;
    }

    /// <summary>Reads a duration: digits and a suffix <c>us</c>, <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="min">Shortest duration taken.</param>
    /// <param name="max">Longest duration taken.</param>
    /// <param name="value">The duration on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Duration(string text, TimeSpan min, TimeSpan max, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        (string number, string suffix) = SplitNumber(text);
        long unit = suffix switch
        {
            "us" => 1,
            "ms" => 1000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "" when number == "0" => 1,
            _ => 0,
        };
        if (unit == 0 || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return "is not a duration such as 500ms, 10s or 1m";
        }

        if (count > (long)max.TotalMicroseconds / unit || count * unit < (long)min.TotalMicroseconds)
        {
            return $"is outside {ShowDuration(min)} to {ShowDuration(max)}";
        }

        value = TimeSpan.FromMicroseconds(count * unit);
        return null;
    }

    /// <summary>Reads an address to listen on: <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>localhost:8080</c> or <c>:8080</c> (every IPv4 address).</summary>
    /// <param name="text">The text. Host names other than <c>localhost</c> are refused: a listener that follows DNS is a surprise.</param>
    /// <param name="value">The address on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? EndPoint(string text, out IPEndPoint value)
    {
        value = new IPEndPoint(IPAddress.Any, 0);
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
        {
            return NoEndPoint;
        }

        if (port > IPEndPoint.MaxPort)
        {
            return $"has a port above {IPEndPoint.MaxPort}";
        }

        string host = text[..colon];
        IPAddress? address;
        if (host.Length == 0)
        {
            address = IPAddress.Any;
        }
        else if (host == "localhost")
        {
            address = IPAddress.Loopback;
        }
        else if (host[0] == '[')
        {
            if (host[^1] != ']' || !IPAddress.TryParse(host[1..^1], out address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return NoEndPoint;
            }
        }
        else if (!IsDottedQuad(host) || !IPAddress.TryParse(host, out address))
        {
            return NoEndPoint;
        }

        value = new IPEndPoint(address, port);
        return null;
    }

    /// <summary>Reads a comma-separated list of networks in CIDR form; a bare address is a network of one.</summary>
    /// <param name="text">The text; empty means an empty list.</param>
    /// <param name="value">The networks on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Networks(string text, out List<IPNetwork> value)
    {
        value = [];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!part.Contains('/') && IPAddress.TryParse(part, out IPAddress? single) && (part.Contains(':') || IsDottedQuad(part)))
            {
                value.Add(new IPNetwork(single, single.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (IPNetwork.TryParse(part, out IPNetwork network)
                && IPAddress.TryParse(part.AsSpan(0, part.IndexOf('/')), out IPAddress? first)
                && first.Equals(network.BaseAddress))
            {
                // The parser clears host bits without a word; 10.0.0.1/8 is more likely a slip than the wish to trust 10.0.0.0/8.
                value.Add(network);
            }
            else
            {
                return $"contains '{TextSafety.Escape(part)}', which is not a network such as 10.0.0.0/8 or fd00::/8 (host bits must be zero)";
            }
        }

        return null;
    }

    /// <summary>Reads a flag: <c>true</c>, <c>false</c>, <c>1</c>, <c>0</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The flag on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Flag(string text, out bool value)
    {
        value = text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        return value || text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase) ? null : "is neither true nor false";
    }

    /// <summary>A size as an operator would write it.</summary>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>For example <c>10MiB</c>.</returns>
    public static string ShowSize(long bytes)
    {
        const long Ki = 1024;
        return bytes switch
        {
            >= Ki * Ki * Ki when bytes % (Ki * Ki * Ki) == 0 => $"{bytes / (Ki * Ki * Ki)}GiB",
            >= Ki * Ki when bytes % (Ki * Ki) == 0 => $"{bytes / (Ki * Ki)}MiB",
            >= Ki when bytes % Ki == 0 => $"{bytes / Ki}KiB",
            _ => $"{bytes}B",
        };
    }

    /// <summary>A duration as an operator would write it.</summary>
    /// <param name="value">The duration, whole microseconds.</param>
    /// <returns>For example <c>500ms</c> or <c>1h</c>.</returns>
    public static string ShowDuration(TimeSpan value)
    {
        long us = (long)value.TotalMicroseconds;
        long ms = us / 1000;
        return ms switch
        {
            _ when us == 0 => "0s",
            _ when us % 1000 != 0 => $"{us}us",
            _ when ms % 3_600_000 == 0 => $"{ms / 3_600_000}h",
            _ when ms % 60_000 == 0 => $"{ms / 60_000}m",
            _ when ms % 1000 == 0 => $"{ms / 1000}s",
            _ => $"{ms}ms",
        };
    }

    // IPAddress.Parse also takes "1", "0x7f.1" and octal parts; an address that reads differently elsewhere is refused.
    private static bool IsDottedQuad(string host)
    {
        string[] parts = host.Split('.');
        if (parts.Length != 4)
        {
            return false;
        }

        foreach (string part in parts)
        {
            if (part.Length is 0 or > 3 || part.AsSpan().ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }
        }

        return true;
    }

    private static (string Number, string Suffix) SplitNumber(string text)
    {
        int end = 0;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return (text[..end], text[end..]);
    }
}
