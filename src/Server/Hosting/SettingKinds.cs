using System;
using System.IO;

namespace Unkey.Server.Hosting;

/// <summary>Makes the settings whose value is one of the common kinds. Any thread.</summary>
internal static class SettingKinds
{
    private static readonly ServerOptions s_defaults = new();

    private delegate string? Parse<T>(string text, out T value);

    /// <summary>A flag: <c>true</c> or <c>false</c>; the option alone means true.</summary>
    public static Setting Flag(string option, string description, Func<ServerOptions, bool> get, Func<ServerOptions, bool, ServerOptions> set) =>
        Make(option, "true|false", get(s_defaults) ? "true" : "false", description, SettingText.Flag, set, isFlag: true);

    /// <summary>A whole number within bounds.</summary>
    public static Setting Count(
        string option,
        string valueName,
        (int Min, int Max) bounds,
        string description,
        Func<ServerOptions, int> get,
        Func<ServerOptions, int, ServerOptions> set,
        string? shownDefault = null) => Make(
            option,
            valueName,
            shownDefault ?? get(s_defaults).ToString(),
            description,
            (string text, out int value) => SettingText.Count(text, bounds.Min, bounds.Max, out value),
            set);

    /// <summary>A size in bytes within bounds.</summary>
    public static Setting Size(
        string option, (int Min, int Max) bounds, string description, Func<ServerOptions, int> get, Func<ServerOptions, int, ServerOptions> set) => Make(
            option,
            "size",
            SettingText.ShowSize(get(s_defaults)),
            description,
            (string text, out int value) => SettingText.Size(text, bounds.Min, bounds.Max, out value),
            set);

    /// <summary>A duration within bounds.</summary>
    public static Setting Duration(
        string option,
        (TimeSpan Min, TimeSpan Max) bounds,
        string description,
        Func<ServerOptions, TimeSpan> get,
        Func<ServerOptions, TimeSpan, ServerOptions> set) => Make(
            option,
            "duration",
            SettingText.ShowDuration(get(s_defaults)),
            description,
            (string text, out TimeSpan value) => SettingText.Duration(text, bounds.Min, bounds.Max, out value),
            set);

    /// <summary>The name of a file; whether it can be used shows when it is opened.</summary>
    public static Setting FileName(string option, string description, Func<ServerOptions, string, ServerOptions> set) => new()
    {
        Option = option,
        ValueName = "file",
        Default = null,
        Description = description,
        Read = (string text, ref ServerOptions draft) =>
        {
            if (text.Length == 0 || text.Contains('\0') || Path.EndsInDirectorySeparator(text))
            {
                return "is not a file name";
            }

            draft = set(draft, text);
            return null;
        },
    };

    private static Setting Make<T>(
        string option, string valueName, string shownDefault, string description, Parse<T> parse, Func<ServerOptions, T, ServerOptions> set, bool isFlag = false) => new()
        {
            Option = option,
            ValueName = valueName,
            Default = shownDefault,
            Description = description,
            IsFlag = isFlag,
            Read = (string text, ref ServerOptions draft) =>
            {
                string? problem = parse(text, out T value);
                draft = problem is null ? set(draft, value) : draft;
                return problem;
            },
        };
}
