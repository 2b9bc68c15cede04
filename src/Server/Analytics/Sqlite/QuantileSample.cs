using System;
using System.Collections.Generic;
using SQLitePCL;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>The aggregate <c>ch_quantile(value, level)</c>: exact up to a number of values, then over a fair sample of them, as ClickHouse does it.</summary>
/// <remarks>Used by the thread of one query. The sample is drawn the same way every time.</remarks>
internal sealed class QuantileSample
{
    private const int ValuesMax = 8_192;
    private const int Seed = 1;

    private readonly List<double> _values = [];
    private readonly double _level;
    private readonly Random _random = new(Seed);
    private long _seen;

    private QuantileSample(double level) => _level = level;

    /// <summary>Takes a row.</summary>
    public static void Step(sqlite3_context context, object userData, sqlite3_value[] values)
    {
        context.state ??= new QuantileSample(raw.sqlite3_value_double(values[1]));
        if (raw.sqlite3_value_type(values[0]) != raw.SQLITE_NULL)
        {
            ((QuantileSample)context.state).Add(raw.sqlite3_value_double(values[0]));
        }
    }

    /// <summary>Gives the result: NULL for no values.</summary>
    public static void Final(sqlite3_context context, object userData)
    {
        if (context.state is QuantileSample { _values.Count: > 0 } sample)
        {
            raw.sqlite3_result_double(context, sample.Interpolated());
        }
        else
        {
            raw.sqlite3_result_null(context);
        }
    }

    private void Add(double value)
    {
        _seen++;
        if (_values.Count < ValuesMax)
        {
            _values.Add(value);
            return;
        }

        long place = _random.NextInt64(_seen);
        if (place < ValuesMax)
        {
            _values[(int)place] = value;
        }
    }

    private double Interpolated()
    {
        _values.Sort();
        double index = Math.Clamp(_level * (_values.Count - 1), 0, _values.Count - 1);
        int left = (int)index;
        int right = left + 1;
        if (right == _values.Count)
        {
            return _values[left];
        }

        double rightShare = index - left;
        return (_values[left] * (1 - rightShare)) + (_values[right] * rightShare);
    }
}
